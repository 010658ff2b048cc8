"""The application: the explorer as a web page (Voila), and the notebooks in JupyterLab."""
