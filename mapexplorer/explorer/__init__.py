"""Show: parameters, controller, map, legend and panels. The only room that knows widgets."""
