"""/api/openapi.json: the JSON API described for machines; public, it names no secret."""

from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.views import SpectacularAPIView

openapi_document = SpectacularAPIView.as_view(
    renderer_classes=[OpenApiJsonRenderer],
    authentication_classes=[],
    permission_classes=[],
    throttle_classes=[],
)
