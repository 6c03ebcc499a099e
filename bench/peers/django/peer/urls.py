from django.contrib import admin
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from oauth2_provider import urls as oauth2_urls


def health(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


urlpatterns = [
    path("admin/", admin.site.urls),
    path("o/", include(oauth2_urls)),
    path("health", health),
]
