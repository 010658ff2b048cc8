"""Ask map services: metadata, pictures, legends, within deadlines and budgets, without leaking tokens.

    from mapexplorer.client import MapService

    service = MapService("https://example.com/arcgis/rest/services/Roads/MapServer")
    picture = service.export(bbox=(-104, 35.6, -94.32, 41), bbox_sr=4326, size=(600, 550))
    legend = service.query_legends(picture.request)

Every call ends within ``Limits.total`` seconds with a result, a TransportError or an AnswerError.
"""

from .credentials import Credentials, Token
from .features import FeatureQuery, FeatureRows, Identified, Place
from .limits import Limits
from .queries import Rows, Statistic
from .reply import Timing
from .results import ExportResult, LegendResult
from .service import MapService
from .snippets import as_curl, as_javascript, as_mapexplorer, as_python, as_url

__all__ = [
    "Credentials",
    "ExportResult",
    "FeatureQuery",
    "FeatureRows",
    "Identified",
    "LegendResult",
    "Limits",
    "MapService",
    "Place",
    "Rows",
    "Statistic",
    "Timing",
    "Token",
    "as_curl",
    "as_javascript",
    "as_mapexplorer",
    "as_python",
    "as_url",
]
