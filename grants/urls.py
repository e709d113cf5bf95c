from django.urls import path

from grants.views import estimate

app_name = "grants"
urlpatterns = [path("", estimate.estimate, name="estimate")]
