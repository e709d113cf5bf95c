from django.urls import path

from partners import views

app_name = "partners"
urlpatterns = [
    path("", views.host_list, name="hosts"),
    path("map/", views.host_map, name="map"),
    path("<slug:key>/", views.host_detail, name="host"),
]
