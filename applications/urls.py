from django.urls import path

from applications.views import (
    answering,
    calendar,
    calls,
    deadlines,
    documents,
    messages,
    programmes,
    status,
    testimonials,
)
from applications.views.form import check, files, preview, typed

app_name = "applications"

urlpatterns = [
    path("deadlines/", deadlines.deadlines, name="deadlines"),
    path("deadlines/calendar/new/", calendar.renew, name="calendar_renew"),
    path("deadlines/calendar/stop/", calendar.stop, name="calendar_stop"),
    path("calendar/<str:token>.ics", calendar.feed, name="calendar"),
    path("calls/", calls.calls, name="calls"),
    path("calls/<slug:code>/", calls.call, name="call"),
    path("calls/<slug:code>/calendar.ics", calendar.of_call, name="call_calendar"),
    path("calls/<slug:code>/start/", calls.start, name="start"),
    path("programmes/<slug:key>/", programmes.programme, name="programme"),
    path("testimonials/<int:pk>/", testimonials.testimonial, name="testimonial"),
    path("messages/", messages.messages, name="messages"),
    path("messages/<int:pk>/", messages.message, name="message"),
    path("applications/<slug:code>/", status.application, name="application"),
    path("applications/<slug:code>/form/", typed.form, name="form"),
    path(
        "applications/<slug:code>/form/documents/",
        files.form_documents,
        name="form_documents",
    ),
    path("applications/<slug:code>/form/documents/<slug:slot>/", files.slot, name="slot"),
    path("applications/<slug:code>/form/check/", check.check, name="form_check"),
    path("applications/<slug:code>/form/<slug:page>/", typed.typed_page, name="form_page"),
    path("applications/<slug:code>/withdraw/", status.withdraw, name="withdraw"),
    path("applications/<slug:code>/answer/", answering.answer, name="answer"),
    path("applications/<slug:code>/answer.ics", calendar.of_offer, name="answer_calendar"),
    path("applications/<slug:code>/semester/", status.choose_semester, name="semester"),
    path(
        "applications/<slug:code>/late/<slug:slot>/",
        documents.replace_late,
        name="late_document",
    ),
    path("applications/<slug:code>/documents/<int:pk>/", documents.document, name="document"),
    path(
        "applications/<slug:code>/documents/<int:pk>/preview.png", preview.preview, name="preview"
    ),
    path("applications/<slug:code>/receipts/<int:number>/", documents.receipt, name="receipt"),
    path(
        "applications/<slug:code>/receipts/<int:number>/pdf/",
        documents.receipt_pdf,
        name="receipt_pdf",
    ),
]
