"""decode(encode(x)) == x for every parameter, and arbitrary text is a value or a ParameterError."""

import json
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapexplorer.protocol import (
    BY_NAME,
    PARAMETERS,
    ClassBreaksRenderer,
    Clipping,
    DatumTransformation,
    DrawingInfo,
    DynamicLayer,
    Envelope,
    Extent,
    FrozenMapping,
    GeoTransform,
    ImageFormat,
    JoinTableSource,
    LabelClass,
    LayerSelection,
    LayerTimeOptions,
    MapLayerSource,
    MapRangeValue,
    MapRequest,
    Multipoint,
    Operation,
    OrderBy,
    ParameterError,
    PatchSize,
    PictureFillSymbol,
    PictureMarkerSymbol,
    Point,
    Polygon,
    Polyline,
    QueryTableSource,
    RasterSource,
    RequestErrors,
    ResponseFormat,
    SelectionDefinition,
    SimpleFillSymbol,
    SimpleLineSymbol,
    SimpleMarkerSymbol,
    SimpleRenderer,
    Size,
    SpatialFilter,
    SpatialReference,
    SpatialRelation,
    TableSource,
    TextSymbol,
    TimeExtent,
    TimeRelation,
    TimeUnit,
    UniqueValueRenderer,
    Verb,
    WorkspaceLayerSource,
)
from mapexplorer.protocol.renderers import (
    ClassBreakInfo,
    ColorInfo,
    ColorStop,
    RotationInfo,
    SizeByScale,
    SizeInfo,
    SizeStop,
    TransparencyInfo,
    TransparencyStop,
    UniqueValueClass,
    UniqueValueGroup,
    UniqueValueInfo,
)
from mapexplorer.protocol.sources import DataLayerSource, VisibleField

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

quick = settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

numbers = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)
positive = st.floats(min_value=0, exclude_min=True, allow_nan=False, allow_infinity=False)
scales = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
lengths = st.floats(min_value=0, max_value=512)
widths = st.floats(min_value=0, max_value=64)
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
words = st.text(
    alphabet=string.ascii_letters + string.digits + "_ .'\"<>&;:é", min_size=1, max_size=12
).filter(lambda text: text.strip() == text and text)
codes = st.integers(1, 2**31 - 1)
layer_ids = st.integers(0, 10**6)
moments = st.integers(-8_640_000_000_000_000, 8_640_000_000_000_000)
colors = st.tuples(*[st.integers(0, 255)] * 4)


def maybe(strategy):
    return st.none() | strategy


def build(model, **fields):
    """Build a model from its Python names alone; st.builds would invent the wire names beside them."""
    return st.fixed_dictionaries(fields).map(lambda values: model(**values))


def few(strategy, **options):
    return st.lists(strategy, max_size=3, **options).map(tuple)


references = st.one_of(
    st.builds(SpatialReference, codes),
    st.builds(SpatialReference, codes, codes),
    st.builds(SpatialReference, wkt=words),
)
positions = st.tuples(numbers, numbers)


def ordered(a, b, c, d, reference):
    return Extent(min(a, c), min(b, d), max(a, c), max(b, d), reference)


extents = st.builds(ordered, numbers, numbers, numbers, numbers, maybe(references))
lines = build(
    Polyline,
    paths=st.lists(st.lists(positions, min_size=2, max_size=4).map(tuple), min_size=1, max_size=2).map(tuple),
    spatial_reference=maybe(references),
)
polygons = st.builds(
    Polygon,
    rings=st.lists(st.lists(positions, min_size=3, max_size=5).map(tuple), min_size=1, max_size=2).map(tuple),
    spatial_reference=maybe(references),
)
envelopes = st.builds(
    lambda e: Envelope(
        xmin=e.xmin, ymin=e.ymin, xmax=e.xmax, ymax=e.ymax, spatial_reference=e.spatial_reference
    ),
    extents,
)
geometries = st.one_of(
    build(Point, x=numbers, y=numbers, spatial_reference=maybe(references)),
    build(Multipoint, points=st.lists(positions, min_size=1, max_size=4).map(tuple)),
    lines,
    polygons,
    envelopes,
)

outlines = build(SimpleLineSymbol, color=maybe(colors), width=widths)
pictures = {
    "url": words,
    "image_data": maybe(words),
    "content_type": maybe(words),
    "width": maybe(lengths),
    "height": maybe(lengths),
    "angle": numbers,
}
text_symbols = build(
    TextSymbol,
    color=maybe(colors),
    halo_size=maybe(widths),
    halo_color=maybe(colors),
    horizontal_alignment=st.sampled_from(["left", "right", "center", "justify"]),
    kerning=st.booleans(),
)
symbols = st.one_of(
    build(
        SimpleMarkerSymbol,
        style=st.sampled_from(["esriSMSCircle", "esriSMSX", "esriSMSTriangle"]),
        color=maybe(colors),
        size=lengths,
        angle=numbers,
        outline=maybe(outlines),
    ),
    outlines,
    build(
        SimpleFillSymbol,
        style=st.sampled_from(["esriSFSSolid", "esriSFSCross"]),
        color=maybe(colors),
        outline=maybe(outlines),
    ),
    build(PictureMarkerSymbol, **pictures),
    build(PictureFillSymbol, **pictures, xscale=numbers, outline=maybe(outlines)),
    text_symbols,
)
visual_variables = st.one_of(
    build(
        SizeInfo,
        field=words,
        min_data_value=numbers,
        max_data_value=numbers,
        min_size=lengths
        | build(
            SizeByScale,
            expression=st.just("view.scale"),
            stops=few(build(SizeStop, value=scales, size=lengths)),
        ),
        stops=maybe(few(build(SizeStop, value=numbers, size=lengths))),
    ),
    build(
        ColorInfo,
        field=words,
        stops=st.lists(build(ColorStop, value=numbers, color=colors), min_size=1, max_size=3).map(tuple),
    ),
    build(
        TransparencyInfo,
        field=words,
        stops=st.lists(
            build(TransparencyStop, value=numbers, transparency=st.floats(0, 100)), min_size=1, max_size=3
        ).map(tuple),
    ),
    build(RotationInfo, field=words, rotation_type=st.sampled_from(["geographic", "arithmetic"])),
)
shared = {
    "rotation_expression": maybe(words),
    "rotation_type": st.sampled_from(["geographic", "arithmetic"]),
    "visual_variables": maybe(few(visual_variables)),
}
renderers = st.one_of(
    build(SimpleRenderer, symbol=symbols, label=maybe(texts), **shared),
    build(
        UniqueValueRenderer,
        field1=words,
        field2=maybe(words),
        field_delimiter=maybe(texts),
        default_symbol=maybe(symbols),
        unique_value_infos=maybe(
            few(build(UniqueValueInfo, value=texts, symbol=maybe(symbols), label=maybe(texts)))
        ),
        unique_value_groups=maybe(
            few(
                build(
                    UniqueValueGroup,
                    heading=maybe(texts),
                    classes=few(build(UniqueValueClass, values=few(few(texts)), symbol=maybe(symbols))),
                )
            )
        ),
        **shared,
    ),
    build(
        ClassBreaksRenderer,
        field=words,
        min_value=numbers,
        class_break_infos=few(
            build(
                ClassBreakInfo, class_max_value=numbers, class_min_value=maybe(numbers), symbol=maybe(symbols)
            )
        ),
        default_symbol=maybe(symbols),
        normalization_type=st.sampled_from([None, "esriNormalizeByLog"]),
        **shared,
    ),
)
data_sources = st.recursive(
    st.one_of(
        build(TableSource, workspace_id=words, data_source_name=words, gdb_version=maybe(words)),
        build(
            QueryTableSource,
            workspace_id=words,
            query=words,
            oid_fields=maybe(words),
            spatial_reference=maybe(references),
        ),
        build(RasterSource, workspace_id=words, data_source_name=words),
    ),
    lambda inner: build(
        JoinTableSource,
        left_table_source=inner,
        right_table_source=inner,
        left_table_key=words,
        right_table_key=words,
        join_type=st.sampled_from(["esriLeftOuterJoin", "esriLeftInnerJoin"]),
    ),
    max_leaves=4,
)
sources = st.one_of(
    build(MapLayerSource, map_layer_id=layer_ids, gdb_version=maybe(words)),
    build(
        DataLayerSource,
        data_source=data_sources,
        fields=maybe(few(build(VisibleField, name=words, alias=maybe(words)))),
    ),
    build(WorkspaceLayerSource, workspace_id=words, layer_id=words),
)
time_options = build(
    LayerTimeOptions,
    use_time=maybe(st.booleans()),
    time_data_cumulative=maybe(st.booleans()),
    time_offset=maybe(numbers),
    time_offset_units=maybe(st.sampled_from([unit for unit in TimeUnit if unit is not TimeUnit.UNKNOWN])),
)
label_classes = build(
    LabelClass,
    label_placement=st.sampled_from([None, "esriServerLinePlacementAboveAlong"]),
    label_expression=maybe(texts),
    use_coded_values=st.booleans(),
    symbol=maybe(text_symbols),
    min_scale=scales,
    where=maybe(texts),
)
dynamic_layers = build(
    DynamicLayer,
    id=layer_ids,
    source=maybe(sources),
    definition_expression=maybe(texts),
    drawing_info=build(
        DrawingInfo,
        renderer=maybe(renderers),
        transparency=maybe(st.floats(0, 100)),
        show_labels=maybe(st.booleans()),
        labeling_info=maybe(few(label_classes)),
    ),
    layer_time_options=maybe(time_options),
    min_scale=maybe(scales),
    order_by=maybe(few(build(OrderBy, field=words, order=st.sampled_from(["ascending", "descending"])))),
)
pairs = st.tuples(maybe(numbers), maybe(numbers)).map(
    lambda pair: pair if None in pair else (min(pair), max(pair))
)
ranges = build(MapRangeValue, name=words, value=numbers | pairs)
scalars = texts | st.integers(-(2**63), 2**63 - 1) | numbers
windows = st.builds(TimeExtent, maybe(moments), st.none()) | st.builds(
    lambda a, b: TimeExtent(min(a, b), max(a, b)), moments, moments
)


def by_layer(strategy):
    return st.dictionaries(layer_ids, strategy, max_size=3).map(FrozenMapping)


def unique_by_name(strategy):
    return few(strategy, unique_by=lambda item: item.name)


selections = st.lists(
    build(
        SelectionDefinition,
        layer_id=layer_ids,
        object_ids=few(st.integers(0, 2**62)),
        selection_color=maybe(st.tuples(*[st.integers(0, 255)] * 3)),
    ),
    max_size=3,
).map(tuple) | st.lists(
    build(SelectionDefinition, layer_id=layer_ids, unique_ids=few(texts | few(texts))), max_size=3
).map(tuple)

VALUES = {
    "bbox": extents,
    "bbox_sr": references,
    "size": st.builds(Size, st.integers(1, 10**6), st.integers(1, 10**6)),
    "image_sr": references,
    "dpi": positive,
    "map_scale": positive,
    "rotation": numbers,
    "format": st.sampled_from(ImageFormat),
    "transparent": st.booleans(),
    "layers": st.builds(LayerSelection, st.sampled_from(Verb), few(layer_ids)),
    "layer_defs": by_layer(texts.map(str.strip).filter(bool)),
    "time": windows,
    "time_relation": st.sampled_from(TimeRelation),
    "layer_time_options": by_layer(time_options),
    "historic_moment": moments,
    "gdb_version": words,
    "map_range_values": unique_by_name(ranges),
    "layer_range_values": by_layer(unique_by_name(ranges)),
    "layer_parameter_values": by_layer(
        st.dictionaries(words, scalars | few(scalars), max_size=3).map(FrozenMapping)
    ),
    "spatial_filter": st.builds(
        lambda relation, geometry: SpatialFilter(
            spatial_rel=relation,
            geometry_type=geometry.geometry_type,
            geometry=geometry,
            relation_param="T*T***T**" if relation is SpatialRelation.RELATION else None,
        ),
        st.sampled_from(SpatialRelation),
        geometries,
    ),
    "clipping": st.builds(
        lambda geometry, excluded: Clipping(
            geometry_type=geometry.geometry_type, geometry=geometry, excluded_layers=excluded
        ),
        polygons | envelopes,
        few(layer_ids),
    ),
    "selection_definitions": selections,
    "dynamic_layers": few(dynamic_layers, unique_by=lambda layer: layer.id),
    "datum_transformations": few(
        build(DatumTransformation, wkid=codes)
        | build(DatumTransformation, wkt=words)
        | build(
            DatumTransformation,
            geo_transforms=st.lists(
                build(GeoTransform, wkid=codes, transform_forward=st.booleans()), min_size=1, max_size=2
            ).map(tuple),
        )
    ),
    "return_visible_only": st.booleans(),
    "patch_size": st.builds(PatchSize, positive, positive),
    "f": st.sampled_from(ResponseFormat),
}


def test_every_row_of_the_table_has_a_strategy():
    assert VALUES.keys() == BY_NAME.keys()


@pytest.mark.parametrize("name", VALUES)
def test_what_is_written_reads_back_the_same(name):
    row = BY_NAME[name]

    @quick
    @given(VALUES[name])
    def check(value):
        text = row.write(value)
        assert row.parse(text) == value
        assert row.write(row.parse(text)) == text
        assert row.coerce(value) == value
        assert row.coerce(text) == value
        assert "NaN" not in text or name not in ("bbox", "dpi")

    check()


@pytest.mark.parametrize("operation", Operation)
def test_a_whole_request_survives_the_wire(operation):
    rows = {row.name: VALUES[row.name] for row in PARAMETERS if operation in row.operations}
    rows.pop("f")

    @settings(quick, max_examples=25)
    @given(st.fixed_dictionaries({"bbox": rows.pop("bbox")}, optional=rows), st.booleans())
    def check(values, lower):
        if values["bbox"].width == 0 and values["bbox"].height == 0:
            values["map_scale"] = 1000.0
        request = MapRequest(**values)
        encoded = request.encode(operation)
        names = {name.lower() if lower else name: text for name, text in encoded.items()}
        decoded = MapRequest.decode(operation, names.items())
        assert decoded == request.replace(**dict.fromkeys(request.displaced))
        assert decoded.key(operation) == request.key(operation)
        assert hash(decoded) == hash(MapRequest(**decoded.given()))

    check()


JUNK = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="0123456789,.-+eE :;nulshowidexc\"'{}[]", max_size=30),
    st.recursive(
        st.none() | st.booleans() | st.integers() | numbers | texts,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "type",
                        "0",
                        "source",
                        "drawingInfo",
                        "renderer",
                        "geometry",
                        "geometryType",
                        "wkid",
                        "rings",
                        "value",
                        "name",
                        "layerId",
                        "objectIds",
                        "geoTransforms",
                        "symbol",
                        "wkt",
                        "xmin",
                    ]
                ),
                inner
                | st.sampled_from(["simple", "esriSMS", "mapLayer", "dataLayer", "esriGeometryPolygon"]),
                max_size=4,
            )
        ),
        max_leaves=12,
    ).map(json.dumps),
)


@pytest.mark.parametrize("name", VALUES)
def test_arbitrary_text_is_a_value_or_a_parameter_error(name):
    row = BY_NAME[name]

    @quick
    @given(JUNK)
    def check(text):
        value, fault = attempt(row.parse, text)
        if fault is None:
            assert value is None or row.parse(row.write(value)) == value
        else:
            assert isinstance(fault, ParameterError)
            assert fault.parameter.startswith(row.wire)
            assert fault.problem

    check()


@quick
@given(
    st.lists(
        st.tuples(st.sampled_from([row.wire for row in PARAMETERS]) | st.text(max_size=5), JUNK), max_size=6
    )
)
def test_arbitrary_requests_decode_or_list_their_faults(parameters):
    for operation in Operation:
        _, errors = attempt(MapRequest.decode, operation, parameters)
        assert errors is None or (isinstance(errors, RequestErrors) and errors.faults)


def attempt(function, *arguments):
    """Give the result and None, or None and the exception, whatever it is."""
    try:
        return function(*arguments), None
    except Exception as error:
        return None, error
