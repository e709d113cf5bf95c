from django.urls import path

from grants.views import declaring, estimate, mine

app_name = "grants"
urlpatterns = [
    path("grants/", estimate.estimate, name="estimate"),
    path("applications/<slug:code>/grant/", mine.mine, name="mine"),
    path("applications/<slug:code>/grant/declaration/", declaring.declare, name="declare"),
    path("applications/<slug:code>/grant/account/", declaring.account, name="account"),
    path("applications/<slug:code>/grant/upload/<slug:kind>/", mine.upload, name="upload"),
    path("applications/<slug:code>/grant/documents/<int:pk>/", mine.document, name="stay_document"),
]
