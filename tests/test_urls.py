"""Every address of the portal, asked by every role: what each gets stands here, literally.

A new address fails `test_every_address_has_a_line` until it is classified. Nobody without a login
gets past the public pages. The wrong owner and what does not exist get the same 404. Staff of
another faculty get 404 for a row and their own, empty lists. Whoever may see a thing but not do
it gets 403.
"""
# ruff: noqa: E501 - the tables are read across

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve
from django.utils import timezone

from applications import lifecycle
from applications.exports import jobs
from applications.models import (
    Application,
    Call,
    Directive,
    ErasureRequest,
    ExportJob,
    ExportLog,
    HelpTopic,
    LegalPage,
    Nomination,
    OutgoingMail,
    PreferenceVerdict,
    ProcessingActivity,
    PurgeRun,
    RetentionRule,
    ReviewRun,
    RoleGrant,
    SubmissionReview,
    SubmittedDocument,
    User,
)
from grants.models import (
    CountryStatus,
    GrantProject,
    GrantRate,
    PaymentList,
    StayDocument,
    TopUp,
    TravelBand,
)
from partners.models import Network
from tests import factories
from tests.applications.rounds import application, published_call
from tests.conftest import SIGNED_IN_BY

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db

# owner: the student whose application, document and receipt are asked for; coordinator: of the
# faculty of the call; foreign: coordinator of another faculty; admin: administrator.
ROLES = ("stranger", "owner", "student", "coordinator", "foreign", "office", "admin")

# Address and method, then the status for each of ROLES.
PAGES = """
/                                                          GET  302 200 200 200 200 200 200
/help/                                                     GET  302 200 200 200 200 200 200
/ways-abroad/                                              GET  302 200 200 200 200 200 200
/imprint/                                                  GET  200 200 200 200 200 200 200
/privacy/                                                  GET  200 200 200 200 200 200 200
/privacy/erasure/                                          GET  302 200 200 200 200 200 200
/privacy/erasure/                                          POST 302 302 302 302 302 302 302
/privacy/erasure/take-back/                                GET  302 302 302 302 302 302 302
/privacy/erasure/take-back/                                POST 302 302 302 302 302 302 302
/privacy/erasure/drafts/{code}/                            GET  302 404 404 404 404 404 404
/privacy/erasure/drafts/{code}/                            POST 302 404 404 404 404 404 404
/privacy/own-data/                                         GET  302 200 200 200 200 200 200
/privacy/own-data/                                         POST 302 405 405 405 405 405 405
/privacy/own-data/download/                                GET  302 200 200 200 200 200 200
/privacy/own-data/download/                                POST 302 405 405 405 405 405 405
/accessibility/                                            GET  200 200 200 200 200 200 200
/robots.txt                                                GET  200 200 200 200 200 200 200
/language/                                                 GET  405 405 405 405 405 405 405
/language/                                                 POST 400 400 400 400 400 400 400
/accounts/login/                                           GET  200 302 302 302 302 302 302
/accounts/logout/                                          GET  302 200 200 200 200 200 200
/accounts/logout/                                          POST 302 302 302 302 302 302 302
/accounts/inactive/                                        GET  200 200 200 200 200 200 200
/accounts/oidc/university/login/                           GET  404 404 404 404 404 404 404
/accounts/oidc/university/login/callback/                  GET  404 404 404 404 404 404 404
/partners/                                                 GET  302 200 200 200 200 200 200
/partners/map/                                             GET  302 200 200 200 200 200 200
/partners/{host}/                                          GET  302 200 200 200 200 200 200
/partners/nowhere/                                         GET  302 404 404 404 404 404 404
/grants/                                                   GET  302 200 200 200 200 200 200
/grants/                                                   POST 302 200 200 200 200 200 200
/calls/                                                    GET  302 200 200 200 200 200 200
/calls/{call}/                                             GET  302 200 200 200 200 200 200
/calls/nothing/                                            GET  302 404 404 404 404 404 404
/calls/{call}/start/                                       GET  302 405 405 405 405 405 405
/calls/{call}/start/                                       POST 302 302 302 409 409 409 409
/programmes/{programme}/                                   GET  302 200 200 200 200 200 200
/programmes/nothing/                                       GET  302 404 404 404 404 404 404
/calls/{call}/calendar.ics                                 GET  302 200 200 200 200 200 200
/calls/nothing/calendar.ics                                GET  302 404 404 404 404 404 404
/deadlines/                                                GET  302 200 200 200 200 200 200
/deadlines/calendar/new/                                   GET  302 405 405 405 405 405 405
/deadlines/calendar/new/                                   POST 302 302 302 302 302 302 302
/deadlines/calendar/stop/                                  GET  302 405 405 405 405 405 405
/deadlines/calendar/stop/                                  POST 302 302 302 302 302 302 302
/calendar/{calendar}.ics                                   GET  200 200 200 200 200 200 200
/calendar/nobodys.ics                                      GET  404 404 404 404 404 404 404
/calendar/{calendar}.ics                                   POST 405 405 405 405 405 405 405
/testimonials/{testimonial}/                               GET  302 200 200 200 200 200 200
/testimonials/{held}/                                      GET  302 404 404 200 404 200 404
/testimonials/999999999/                                   GET  302 404 404 404 404 404 404
/testimonials/{testimonial}/                               POST 302 405 405 405 405 405 405
/messages/                                                 GET  302 200 200 200 200 200 200
/messages/                                                 POST 302 405 405 405 405 405 405
/messages/?application={code}                              GET  302 200 404 404 404 404 404
/messages/?application=NOTHING                             GET  302 404 404 404 404 404 404
/messages/{message}/                                       GET  302 200 404 404 404 404 404
/messages/999999999999999999999/                           GET  302 404 404 404 404 404 404
/messages/{message}/                                       POST 302 405 405 405 405 405 405
/applications/{code}/                                      GET  302 200 404 404 404 404 404
/applications/NOTHING/                                     GET  302 404 404 404 404 404 404
/applications/{code}/grant/                                GET  302 404 404 404 404 404 404
/applications/{nominated}/grant/                           GET  302 200 404 404 404 404 404
/applications/{nominated}/grant/                           POST 302 405 405 405 405 405 405
/applications/{nominated}/grant/declaration/               GET  302 200 404 404 404 404 404
/applications/{nominated}/grant/declaration/               POST 302 422 404 404 404 404 404
/applications/{nominated}/grant/account/                   GET  302 302 404 404 404 404 404
/applications/{nominated}/grant/account/                   POST 302 302 404 404 404 404 404
/applications/{nominated}/grant/upload/transcript/         GET  302 405 405 405 405 405 405
/applications/{nominated}/grant/upload/transcript/         POST 302 409 404 404 404 404 404
/applications/{nominated}/grant/upload/nothing/            POST 302 404 404 404 404 404 404
/applications/{nominated}/grant/documents/{paper}/         GET  302 200 404 404 404 200 404
/applications/{nominated}/grant/documents/{paper}/         POST 302 405 405 405 405 405 405
/applications/{nominated}/grant/documents/999999999/       GET  302 404 404 404 404 404 404
/applications/{code}/form/                                 GET  302 200 404 404 404 404 404
/applications/{code}/form/                                 POST 302 405 405 405 405 405 405
/applications/{code}/form/about/                           GET  302 200 404 404 404 404 404
/applications/{code}/form/about/                           POST 302 409 404 404 404 404 404
/applications/{code}/form/nowhere/                         GET  302 404 404 404 404 404 404
/applications/{code}/form/check/                           GET  302 200 404 404 404 404 404
/applications/{code}/form/check/                           POST 302 409 404 404 404 404 404
/applications/{code}/form/documents/                       GET  302 200 404 404 404 404 404
/applications/{code}/form/documents/                       POST 302 409 404 404 404 404 404
/applications/{code}/form/documents/cv/                    GET  302 405 405 405 405 405 405
/applications/{code}/form/documents/cv/                    POST 302 409 404 404 404 404 404
/applications/{code}/form/documents/nothing/               POST 302 404 404 404 404 404 404
/applications/{code}/withdraw/                             GET  302 200 404 404 404 404 404
/applications/{code}/withdraw/                             POST 302 302 404 404 404 404 404
/applications/{code}/answer/                               GET  302 200 404 404 404 404 404
/applications/{code}/answer/                               POST 302 422 404 404 404 404 404
/applications/{code}/answer.ics                            GET  302 200 404 404 404 404 404
/applications/{code}/semester/                             GET  302 405 405 405 405 405 405
/applications/{code}/semester/                             POST 302 409 404 404 404 404 404
/applications/{code}/late/cv/                              GET  302 405 405 405 405 405 405
/applications/{code}/late/cv/                              POST 302 302 404 404 404 404 404
/applications/{code}/documents/{document}/                 GET  302 200 404 200 404 200 404
/applications/{code}/documents/999999999/                  GET  302 404 404 404 404 404 404
/applications/{code}/documents/{document}/                 POST 302 405 405 405 405 405 405
/applications/{code}/documents/{document}/preview.png      GET  302 422 404 404 404 404 404
/applications/{code}/documents/999999999/preview.png       GET  302 404 404 404 404 404 404
/applications/{code}/documents/{document}/preview.png      POST 302 405 405 405 405 405 405
/applications/{code}/receipts/1/                           GET  302 200 404 404 404 404 404
/applications/{code}/receipts/2/                           GET  302 404 404 404 404 404 404
/applications/{code}/receipts/1/pdf/                       GET  302 200 404 404 404 404 404
/admin/                                                    GET  302 302 302 200 200 200 200
/admin/login/                                              GET  302 403 403 302 302 302 302
/admin/login/                                              POST 302 403 403 200 200 200 200
/admin/logout/                                             GET  302 302 302 405 405 405 405
/admin/logout/                                             POST 302 302 302 302 302 302 302
/admin/autocomplete/                                       GET  302 302 302 403 403 403 403
/admin/autocomplete/?app_label=applications&model_name=callhost&field_name=agreement GET  302 302 302 200 200 200 403
/admin/autocomplete/?app_label=applications&model_name=application&field_name=student GET  302 302 302 403 403 200 200
/admin/jsi18n/                                             GET  302 302 302 200 200 200 200
/admin/applications/                                       GET  302 302 302 200 200 200 200
/admin/applications/processingactivity/record/             GET  302 302 302 403 403 200 200
/admin/applications/processingactivity/record/             POST 302 302 302 405 405 405 405
/admin/applications/processingactivity/record/export/      GET  302 302 302 403 403 200 200
/admin/applications/processingactivity/record/export/      POST 302 302 302 405 405 405 405
/admin/applications/radar/                                 GET  302 302 302 200 200 200 403
/admin/applications/radar/                                 POST 302 302 302 405 405 405 405
/admin/health/                                             GET  302 302 302 403 403 200 200
/admin/health/                                             POST 302 302 302 405 405 405 405
/admin/partners/hostuniversity/health/                     GET  302 302 302 200 200 200 403
/admin/partners/hostuniversity/health/                     POST 302 302 302 405 405 405 405
/admin/grants/grantproject/health/                         GET  302 302 302 403 403 200 403
/admin/grants/grantproject/health/                         POST 302 302 302 405 405 405 405
/admin/grants/grantproject/{project}/tables/               GET  302 302 302 403 403 200 403
/admin/grants/grantproject/{project}/tables/               POST 302 302 302 405 405 405 405
/admin/grants/grantproject/999999999/tables/               GET  302 302 302 403 403 404 403
/admin/grants/grantproject/{project}/copy/                 GET  302 302 302 403 403 200 403
/admin/grants/grantproject/{project}/copy/                 POST 302 302 302 403 403 302 403
/admin/grants/grantproject/999999999/copy/                 POST 302 302 302 403 403 404 403
/admin/nothing/                                            GET  302 302 302 404 404 404 404
/admin/applications/call/copy/                             GET  302 302 302 404 404 404 404
/admin/applications/call/copy/                             POST 302 302 302 404 404 404 404
/admin/applications/call/copy/?call={pk}                   GET  302 302 302 200 404 403 404
/admin/applications/call/copy/?call=999999999              GET  302 302 302 404 404 404 404
/admin/partners/hostuniversity/load/                       GET  302 302 302 403 403 200 403
/admin/partners/hostuniversity/load/                       POST 302 302 302 403 403 422 403
/admin/partners/hostuniversity/load/{upload}/              GET  302 302 302 403 403 200 403
/admin/partners/hostuniversity/load/{upload}/              POST 302 302 302 403 403 409 403
/admin/partners/hostuniversity/load/999999999/             GET  302 302 302 403 403 404 403
/admin/partners/hostuniversity/export/csv/                 GET  302 302 302 200 200 200 403
/admin/partners/hostuniversity/export/xlsx/                GET  302 302 302 200 200 200 403
/admin/partners/hostuniversity/export/pdf/                 GET  302 302 302 404 404 404 403
/admin/partners/hostuniversity/export/csv/                 POST 302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/                       GET  302 302 302 200 404 200 404
/admin/applications/call/999999999/round/                  GET  302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/                       POST 302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/progress/              GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/close/                 GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/close/                 POST 302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/review/stop/           GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/review/stop/           POST 302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/review/resume/         GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/review/resume/         POST 302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/review/again/          GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/review/again/          POST 302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/applications/          GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/applications/confirm/  GET  302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/applications/confirm/  POST 302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/applications/assign/   GET  302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/applications/assign/   POST 302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/orders/                GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/orders/                POST 302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/ranking/               GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/ranking/make/          GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/ranking/make/          POST 302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/ranking/1/             GET  302 302 302 302 404 302 404
/admin/applications/call/{pk}/round/ranking/2/             GET  302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/ranking/1/             POST 302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/ranking/host/999999999/ GET  302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/ranking/host/999999999/ POST 302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/ranking/move/{code}/   GET  302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/ranking/move/{code}/   POST 302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/ranking/move/NOTHING/  GET  302 302 302 404 404 403 404
/admin/applications/call/{pk}/round/ranking/moves/999999999/end/ GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/ranking/moves/999999999/end/ POST 302 302 302 404 404 403 404
/admin/applications/call/{pk}/round/runs/                  GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/runs/propose/          GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/runs/propose/          POST 302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/runs/compare/          GET  302 302 302 302 404 302 404
/admin/applications/call/{pk}/round/runs/compare/          POST 302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/runs/suppose/          GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/runs/suppose/          POST 302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/runs/1/                GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/runs/1/advice/         GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/runs/1/hosts/          GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/runs/2/advice/         GET  302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/runs/2/                GET  302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/runs/1/publish/        GET  302 302 302 200 404 403 404
/admin/applications/call/{pk}/round/runs/1/publish/        POST 302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/runs/1/instance.json   GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/runs/1/result.json     GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/places/                GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/places/                POST 302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/places/give-on/        GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/places/give-on/        POST 302 302 302 302 404 403 404
/admin/applications/call/{pk}/round/places/{code}/         GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/places/{code}/         POST 302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/places/NOTHING/        GET  302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/second/                GET  302 302 302 200 404 403 404
/admin/applications/call/{pk}/round/second/                POST 302 302 302 422 404 403 404
/admin/applications/call/{pk}/round/nominations/           GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/nominations/nominate/  GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/nominations/nominate/  POST 302 302 302 302 404 302 404
/admin/applications/call/{pk}/round/nominations/enrolment/ GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/nominations/enrolment/ POST 302 302 302 302 404 302 404
/admin/applications/call/{pk}/round/nominations/confirmed/ GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/nominations/confirmed/ POST 302 302 302 302 404 302 404
/admin/applications/call/{pk}/round/nominations/complete/{code}/ GET  302 302 302 302 404 302 404
/admin/applications/call/{pk}/round/nominations/complete/{code}/ POST 302 302 302 302 404 302 404
/admin/applications/call/{pk}/round/nominations/complete/NOTHING/ GET  302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/nominations/{nobody}/  GET  302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/nominations/{nobody}/  POST 302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/nominations/{nobody}/answer/ GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/nominations/{nobody}/answer/ POST 302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/nominations/{nobody}/cancel/ GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/nominations/{nobody}/cancel/ POST 302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/nominations/{nobody}/correct/ GET  302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/nominations/{nobody}/correct/ POST 302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/nominations/{nobody}/copy/ GET  302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/nominations/{nobody}/copy/ POST 302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/nominations/export/    GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/nominations/export/    POST 302 302 302 302 404 302 404
/admin/applications/call/{pk}/round/nominations/lists/{list}/ GET 302 302 302 200 404 404 404
/admin/applications/call/{pk}/round/nominations/lists/{list}/ POST 302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/nominations/lists/{list}/progress/ GET 302 302 302 200 404 404 404
/admin/applications/call/{pk}/round/nominations/lists/{list}/file/ GET 302 302 302 200 404 404 404
/admin/applications/call/{pk}/round/nominations/lists/00000000-0000-0000-0000-000000000000/file/ GET 302 302 302 404 404 404 404
/admin/applications/call/{pk}/round/protocol/              GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/protocol/              POST 302 302 302 302 404 302 404
/admin/applications/call/{pk}/round/statistics/            GET  302 302 302 200 404 200 404
/admin/applications/call/{pk}/round/statistics/            POST 302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/statistics/export/     GET  302 302 302 405 405 405 405
/admin/applications/call/{pk}/round/statistics/export/     POST 302 302 302 200 404 200 404
/admin/applications/call/statistics/                       GET  302 302 302 200 200 200 403
/admin/applications/call/statistics/                       POST 302 302 302 405 405 405 405
/admin/applications/call/statistics/?programme={programme} GET  302 302 302 200 404 200 404
/admin/applications/call/statistics/?programme=nothing     GET  302 302 302 404 404 404 404
/admin/applications/call/statistics/export/                GET  302 302 302 405 405 405 405
/admin/applications/call/statistics/export/                POST 302 302 302 404 404 404 404
/admin/grants/paymentlist/due/                             GET  302 302 302 403 403 200 403
/admin/grants/paymentlist/due/                             POST 302 302 302 403 403 422 403
/admin/grants/paymentlist/due/?project=nothing             GET  302 302 302 403 403 404 403
/admin/grants/paymentlist/due/first/                       GET  302 302 302 403 403 405 403
/admin/grants/paymentlist/due/first/                       POST 302 302 302 403 403 302 403
/admin/grants/paymentlist/repayments/                      GET  302 302 302 403 403 200 403
/admin/grants/paymentlist/repayments/                      POST 302 302 302 403 403 404 403
/admin/grants/paymentlist/{payments}/paid/                 GET  302 302 302 403 403 405 403
/admin/grants/paymentlist/{payments}/paid/                 POST 302 302 302 403 403 422 403
/admin/grants/paymentlist/999999999/paid/                  POST 302 302 302 403 403 404 403
/admin/grants/paymentlist/{payments}/file/                 GET  302 302 302 403 403 405 403
/admin/grants/paymentlist/{payments}/file/                 POST 302 302 302 403 403 404 403
/admin/grants/paymentlist/budget/                          GET  302 302 302 403 403 200 403
/admin/grants/paymentlist/budget/                          POST 302 302 302 403 403 405 403
/admin/grants/paymentlist/budget/KA131-2025/               GET  302 302 302 403 403 200 403
/admin/grants/paymentlist/budget/nothing/                  GET  302 302 302 403 403 404 403
/admin/grants/paymentlist/budget/KA131-2025/               POST 302 302 302 403 403 405 403
/admin/grants/paymentlist/budget/suppose/                  GET  302 302 302 403 403 200 403
/admin/grants/paymentlist/budget/suppose/?project=nothing  GET  302 302 302 403 403 422 403
/admin/grants/paymentlist/budget/suppose/                  POST 302 302 302 403 403 405 403
/admin/applications/application/file/{code}/               GET  302 302 302 200 404 200 404
/admin/applications/application/file/NOTHING/              GET  302 302 302 404 404 404 404
/admin/applications/application/file/{code}/               POST 302 302 302 405 405 405 405
/admin/applications/application/file/{code}/score/         GET  302 302 302 302 404 403 404
/admin/applications/application/file/{code}/score/         POST 302 302 302 200 404 403 404
/admin/applications/application/file/{code}/decide/        GET  302 302 302 302 404 403 404
/admin/applications/application/file/{code}/decide/        POST 302 302 302 200 404 403 404
/admin/applications/application/file/{code}/host/          GET  302 302 302 302 404 403 404
/admin/applications/application/file/{code}/host/          POST 302 302 302 302 404 403 404
/admin/applications/application/file/{code}/direct/        GET  302 302 302 302 404 403 404
/admin/applications/application/file/{code}/direct/        POST 302 302 302 302 404 403 404
/admin/applications/application/file/{code}/concede/       GET  302 302 302 302 404 403 404
/admin/applications/application/file/{code}/concede/       POST 302 302 302 200 404 403 404
/admin/applications/application/file/{code}/comment/       GET  302 302 302 302 404 302 404
/admin/applications/application/file/{code}/comment/       POST 302 302 302 200 404 200 404
/admin/applications/application/file/{code}/paper/{document}/1.png       GET  302 302 302 200 404 200 404
/admin/applications/application/file/{code}/paper/{document}/1.png       POST 302 302 302 405 405 405 405
/admin/applications/application/file/{code}/paper/{document}/99.png      GET  302 302 302 404 404 404 404
/admin/applications/application/file/{code}/paper/{document}/text/       GET  302 302 302 200 404 200 404
/admin/applications/application/file/{code}/paper/999999999/text/        GET  302 302 302 404 404 404 404
/admin/applications/application/file/{code}/paper/{document}/text/       POST 302 302 302 405 405 405 405
/admin/applications/auditentry/export/                     GET  302 302 302 405 405 405 405
/admin/applications/auditentry/export/                     POST 302 302 302 403 403 200 403
/admin/applications/erasurerequest/due/                    GET  302 302 302 403 403 200 403
/admin/applications/erasurerequest/due/                    POST 302 302 302 405 405 405 405
/admin/applications/erasurerequest/999999999/decide/       GET  302 302 302 403 403 404 403
/admin/applications/erasurerequest/999999999/decide/       POST 302 302 302 403 403 404 403
/admin/applications/retentionrule/999999999/confirm/       GET  302 302 302 405 405 405 405
/admin/applications/retentionrule/999999999/confirm/       POST 302 302 302 403 403 404 403
/admin/grants/grantaward/desk/                             GET  302 302 302 403 403 200 403
/admin/grants/grantaward/desk/                             POST 302 302 302 405 405 405 405
/admin/grants/grantaward/desk/differences/                 GET  302 302 302 403 403 200 403
/admin/grants/grantaward/desk/differences/                 POST 302 302 302 405 405 405 405
/admin/grants/grantaward/nominations/                      GET  302 302 302 403 403 200 403
/admin/grants/grantaward/nominations/                      POST 302 302 302 405 405 405 405
/admin/grants/grantaward/nominations/award/                GET  302 302 302 405 405 405 405
/admin/grants/grantaward/nominations/award/                POST 302 302 302 403 403 302 403
/admin/grants/grantaward/nominations/{nobody}/             GET  302 302 302 403 403 404 403
/admin/grants/grantaward/nominations/{nobody}/             POST 302 302 302 403 403 404 403
/admin/grants/grantaward/together/                         GET  302 302 302 405 405 405 405
/admin/grants/grantaward/together/                         POST 302 302 302 403 403 302 403
/admin/grants/grantaward/award/999999999/                  GET  302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/                  POST 302 302 302 405 405 405 405
/admin/grants/grantaward/award/999999999/terms/            GET  302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/terms/            POST 302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/again/            GET  302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/again/            POST 302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/propose/          GET  302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/propose/          POST 302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/approve/          GET  302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/approve/          POST 302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/send-back/        GET  302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/send-back/        POST 302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/take-back/        GET  302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/take-back/        POST 302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/cancel/           GET  302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/cancel/           POST 302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/evidence/         GET  302 302 302 403 403 404 403
/admin/grants/grantaward/award/999999999/evidence/         POST 302 302 302 403 403 404 403
"""

# The pages of each table in the admin (list, add, change, delete, history) as each of STAFF gets
# them; strangers and students are sent to the login by all. Where Django answers for itself, a
# row that is missing or another faculty's leads back to the first page (302), elsewhere to a 404.
TABLES = """
account.emailaddress             403 403 403 403 302  403 403 403 403 302  403 403 403 403 302  403 403 403 403 302
applications.allocationrun       200 403 200 403 200  200 403 404 403 404  200 403 200 403 200  403 403 403 403 404
applications.application         200 403 302 403 200  200 403 404 403 404  200 403 302 403 200  403 403 404 403 404
applications.auditentry          403 403 403 403 403  403 403 403 403 403  200 403 200 403 200  200 403 200 403 200
applications.betteroffer         200 403 200 403 200  200 403 404 403 404  200 403 200 403 200  403 403 403 403 404
applications.call                200 200 200 403 200  200 200 404 403 404  200 403 200 403 200  403 403 403 403 404
applications.degreeprogramme     200 403 200 403 200  200 403 200 403 200  200 200 200 403 200  403 403 403 403 403
applications.directive           200 403 200 403 200  200 403 404 403 404  403 403 403 403 403  403 403 403 403 404
applications.documentslot        200 403 200 403 200  200 403 404 403 404  200 200 200 200 200  403 403 403 403 404
applications.erasurerequest      403 403 403 403 403  403 403 403 403 403  200 403 200 403 200  403 403 403 403 403
applications.exportlog           200 403 200 403 200  200 403 404 403 404  200 403 200 403 200  403 403 403 403 404
applications.helptopic           200 403 200 403 200  200 403 200 403 200  200 200 200 200 200  403 403 403 403 403
applications.legalpage           403 403 403 403 403  403 403 403 403 403  200 403 200 403 200  200 403 200 403 200
applications.nomination          200 403 200 403 200  200 403 404 403 404  200 403 200 403 200  403 403 403 403 404
applications.outgoingmail        403 403 403 403 403  403 403 403 403 403  200 403 200 403 200  200 403 403 403 403
applications.placement           200 403 200 403 200  200 403 404 403 404  200 403 200 403 200  403 403 403 403 404
applications.preferenceverdict   200 403 200 403 200  200 403 404 403 404  403 403 403 403 403  403 403 403 403 404
applications.processingactivity  403 403 403 403 403  403 403 403 403 403  200 200 200 200 200  200 403 200 403 200
applications.programme           200 403 200 403 200  200 403 404 403 404  200 200 200 403 200  403 403 403 403 404
applications.purgerun            403 403 403 403 403  403 403 403 403 403  200 403 200 403 200  403 403 403 403 403
applications.ranking             200 403 200 403 200  200 403 404 403 404  200 403 200 403 200  403 403 403 403 404
applications.reasontemplate      200 200 200 200 200  200 200 404 404 404  200 403 200 403 200  403 403 403 403 404
applications.retentionrule       403 403 403 403 403  403 403 403 403 403  200 403 200 403 200  403 403 403 403 403
applications.reviewrun           200 403 200 403 200  200 403 404 403 404  200 403 200 403 200  403 403 403 403 404
applications.rolegrant           403 403 403 403 403  403 403 403 403 403  200 200 200 200 200  200 200 200 200 200
applications.statechange         200 403 200 403 200  200 403 404 403 404  200 403 200 403 200  403 403 403 403 404
applications.submissionreview    200 403 200 403 200  200 403 404 403 404  403 403 403 403 403  403 403 403 403 404
applications.user                403 403 403 403 403  403 403 403 403 403  200 403 200 403 200  200 403 200 403 200
applications.viewing             200 403 200 403 200  200 403 404 403 404  200 403 200 403 200  403 403 403 403 404
grants.countrystatus             403 403 403 403 403  403 403 403 403 403  200 200 200 200 200  403 403 403 403 403
grants.grantaward                403 403 403 403 403  403 403 403 403 403  200 403 404 403 404  403 403 403 403 403
grants.grantproject              403 403 403 403 403  403 403 403 403 403  200 200 200 403 200  403 403 403 403 403
grants.grantrate                 403 403 403 403 403  403 403 403 403 403  200 200 200 200 200  403 403 403 403 403
grants.paymentlist               403 403 403 403 403  403 403 403 403 403  200 403 200 403 200  403 403 403 403 403
grants.topup                     403 403 403 403 403  403 403 403 403 403  200 200 200 200 200  403 403 403 403 403
grants.travelband                403 403 403 403 403  403 403 403 403 403  200 200 200 200 200  403 403 403 403 403
partners.agreement               200 200 200 403 200  200 200 302 403 302  200 200 200 403 200  403 403 403 403 302
partners.faculty                 200 403 200 403 200  200 403 200 403 200  200 200 200 403 200  200 200 200 403 200
partners.hostuniversity          200 403 200 403 200  200 403 200 403 200  200 200 200 403 200  403 403 403 403 403
partners.network                 200 403 200 403 200  200 403 200 403 200  200 200 200 200 200  403 403 403 403 403
partners.nominationdeadline      200 403 200 403 200  200 403 404 403 404  200 200 200 200 200  403 403 403 403 404
partners.testimonial             200 403 200 403 200  200 403 404 403 404  200 200 200 200 200  403 403 403 403 404
socialaccount.socialaccount      403 403 403 403 302  403 403 403 403 302  403 403 403 403 302  403 403 403 403 302
socialaccount.socialapp          403 403 403 403 302  403 403 403 403 302  403 403 403 403 302  403 403 403 403 302
socialaccount.socialtoken        403 403 403 403 302  403 403 403 403 302  403 403 403 403 302  403 403 403 403 302
"""
# The same tables asked by POST without a field: add, change, delete.
POSTS = """
account.emailaddress             403 403 403  403 403 403  403 403 403  403 403 403
applications.allocationrun       403 403 403  403 403 403  403 403 403  403 403 403
applications.application         403 302 403  403 404 403  403 302 403  403 404 403
applications.auditentry          403 405 403  403 405 403  403 405 403  403 405 403
applications.betteroffer         403 403 403  403 403 403  403 403 403  403 403 403
applications.call                200 200 403  200 404 403  403 403 403  403 403 403
applications.degreeprogramme     403 403 403  403 403 403  200 200 403  403 403 403
applications.directive           403 403 403  403 403 403  403 403 403  403 403 403
applications.documentslot        403 403 403  403 403 403  200 200 200  403 403 403
applications.erasurerequest      403 403 403  403 403 403  403 403 403  403 403 403
applications.exportlog           403 403 403  403 403 403  403 403 403  403 403 403
applications.helptopic           403 403 403  403 403 403  200 200 200  403 403 403
applications.legalpage           403 403 403  403 403 403  403 200 403  403 403 403
applications.nomination          403 403 403  403 403 403  403 403 403  403 403 403
applications.outgoingmail        403 403 403  403 403 403  403 403 403  403 403 403
applications.placement           403 403 403  403 403 403  403 403 403  403 403 403
applications.preferenceverdict   403 403 403  403 403 403  403 403 403  403 403 403
applications.processingactivity  403 403 403  403 403 403  200 200 200  403 403 403
applications.programme           403 403 403  403 403 403  200 200 403  403 403 403
applications.purgerun            403 403 403  403 403 403  403 403 403  403 403 403
applications.ranking             403 403 403  403 403 403  403 403 403  403 403 403
applications.reasontemplate      200 200 200  200 404 404  403 403 403  403 403 403
applications.retentionrule       403 403 403  403 403 403  403 200 403  403 403 403
applications.reviewrun           403 403 403  403 403 403  403 403 403  403 403 403
applications.rolegrant           403 403 403  403 403 403  200 200 200  200 200 200
applications.statechange         403 403 403  403 403 403  403 403 403  403 403 403
applications.submissionreview    403 403 403  403 403 403  403 403 403  403 403 403
applications.user                403 403 403  403 403 403  403 403 403  403 403 403
applications.viewing             403 403 403  403 403 403  403 403 403  403 403 403
grants.countrystatus             403 403 403  403 403 403  200 200 200  403 403 403
grants.grantaward                403 403 403  403 403 403  403 404 403  403 403 403
grants.grantproject              403 403 403  403 403 403  200 200 403  403 403 403
grants.grantrate                 403 403 403  403 403 403  200 200 200  403 403 403
grants.paymentlist               403 403 403  403 403 403  403 403 403  403 403 403
grants.topup                     403 403 403  403 403 403  200 200 200  403 403 403
grants.travelband                403 403 403  403 403 403  200 200 200  403 403 403
partners.agreement               200 200 403  200 302 403  200 200 403  403 403 403
partners.faculty                 403 403 403  403 403 403  200 200 403  200 200 403
partners.hostuniversity          403 403 403  403 403 403  200 200 403  403 403 403
partners.network                 403 403 403  403 403 403  200 200 200  403 403 403
partners.nominationdeadline      403 403 403  403 403 403  200 200 200  403 403 403
partners.testimonial             403 403 403  403 403 403  200 200 200  403 403 403
socialaccount.socialaccount      403 403 403  403 403 403  403 403 403  403 403 403
socialaccount.socialapp          403 403 403  403 403 403  403 403 403  403 403 403
socialaccount.socialtoken        403 403 403  403 403 403  403 403 403  403 403 403
"""
TABLE_PAGES = ("", "add/", "{pk}/change/", "{pk}/delete/", "{pk}/history/")
STAFF = ("coordinator", "foreign", "office", "admin")


def lines() -> list[tuple[str, str, list[int]]]:
    rows = [line.split() for line in PAGES.strip().splitlines()]
    return [(row[0], row[1], [int(status) for status in row[2:]]) for row in rows]


def tables() -> dict[str, dict[str, list[int]]]:
    rows = [line.split() for line in TABLES.strip().splitlines()]
    return {
        row[0]: {
            role: [int(status) for status in row[1 + 5 * place : 6 + 5 * place]]
            for place, role in enumerate(STAFF)
        }
        for row in rows
    }


# -- no address without a line -------------------------------------------------------------------


def posts() -> dict[str, dict[str, list[int]]]:
    rows = [line.split() for line in POSTS.strip().splitlines()]
    return {
        row[0]: {
            role: [int(status) for status in row[1 + 3 * place : 4 + 3 * place]]
            for place, role in enumerate(STAFF)
        }
        for row in rows
    }


def routes(resolver, prefix: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes(pattern, route)


def pages_of_tables() -> set[str]:
    pages = (
        "",
        "add/",
        *(f"<path:object_id>/{page}" for page in ("history/", "delete/", "change/", "")),
    )
    return {f"admin/{label.replace('.', '/')}/{page}" for label in tables() for page in pages}


def test_every_address_has_a_line(round_of_two):
    listed = {
        resolve(address.format(**round_of_two).partition("?")[0]).route
        for address, _method, _statuses in lines()
    }

    assert listed | pages_of_tables() == set(routes(get_resolver()))


def test_every_table_of_the_admin_has_a_line():
    assert set(tables()) == {model._meta.label_lower for model in admin.site._registry}


# -- the set-up ----------------------------------------------------------------------------------


@pytest.fixture
def people(coordinator, foreign_coordinator, office):
    return {
        "stranger": None,
        "coordinator": coordinator,
        "foreign": foreign_coordinator,
        "office": office,
        "admin": factories.AdministratorFactory.create(),
    }


@pytest.fixture
def round_of_two(people):
    """A published call with one offer, which is the owner's, and what the addresses need."""
    coordinator = people["coordinator"]
    call = published_call([[0], [0]], seats=[1], points=["9", "5"], coordinator=coordinator)
    own, other = application(call, 0), application(call, 1)
    people |= {"owner": own.student, "student": other.student}
    submission = own.submissions.get()
    document = factories.DocumentFactory.create(application=own)
    SubmittedDocument.objects.create(submission=submission, document=document)
    return {
        "call": call.code,
        "programme": call.programme.key,
        "pk": call.pk,
        "nobody": UUID(int=0),
        "code": own.code,
        "document": document.pk,
        "message": OutgoingMail.objects.filter(person=own.student).first().pk,
        "host": call.hosts.get().agreement.host.key,
        "calendar": factories.CalendarFeedFactory.create(user=own.student).token,
        "testimonial": factories.TestimonialFactory.create(content=factories.PDF_BYTES).pk,
        "held": factories.TestimonialFactory.create(
            host=call.hosts.get().agreement.host, content=factories.PDF_BYTES, released_at=None
        ).pk,
        "list": list_made(call, coordinator).pk,
        "project": GrantProject.objects.get(code="KA131-2025").pk,
        "nominated": (nomination := nominated(own.student)).application.code,
        "paper": paper_of(nomination).pk,
        "upload": factories.CatalogueUploadFactory.create(uploaded_by=people["office"].pk).pk,
        "payments": factories.PaymentListFactory.create(made_by=people["office"]).pk,
    }


def nominated(student: User) -> Nomination:
    """Return a nomination of the student for an earlier year, of the same faculty."""
    return factories.NominationFactory.create(
        placement__application__student=student, placement__application__call__academic_year=2025
    )


def paper_of(nomination: Nomination) -> StayDocument:
    """Return a document the student uploaded after the stay."""
    with transaction.atomic():
        stored_name = lifecycle.store(factories.PDF_BYTES)
    return StayDocument.objects.create(
        nomination=nomination,
        kind=StayDocument.Kind.CONFIRMATION,
        stored_name=stored_name,
        original_name="stay.pdf",
        sha256=stored_name.removesuffix(".pdf"),
        size=len(factories.PDF_BYTES),
    )


def list_made(call: Call, by: User) -> ExportJob:
    """Return a list the worker has made for this person, with a file of nothing."""
    job = ExportJob.objects.create(
        call=call,
        format="csv",
        asked_by=by,
        state="done",
        finished_at=timezone.now(),
        stored_name="list",
        file_name="list.csv",
    )
    ExportLog.objects.create(by=by, call=call, format="csv", nominations=[], job=job.pk)
    jobs.stored_path("").mkdir(parents=True)
    jobs.stored_path(job.stored_name).touch()
    return job


def cookies_of(person) -> str:
    """Return the cookie header of a signed-in person; a stranger's is empty."""
    client = Client()
    if person is not None:
        client.force_login(person, backend=SIGNED_IN_BY)
    return client.cookies.output(header="", attrs=[], sep=";").strip()


def ask(cookies: str, method: str, address: str) -> int:
    """Return the status of one request and take back whatever it wrote."""
    with transaction.atomic():
        response = Client(raise_request_exception=False).generic(
            method, address, headers={"cookie": cookies}
        )
        if response.streaming:
            b"".join(response)  # closes the file
        transaction.set_rollback(True)
    return response.status_code


@pytest.mark.parametrize("role", ROLES)
def test_every_role_gets_what_its_column_says(role, people, round_of_two):
    cookies = cookies_of(people[role])
    column = ROLES.index(role)

    given = [
        (address, method, ask(cookies, method, address.format(**round_of_two)))
        for address, method, _statuses in lines()
    ]

    assert given == [(address, method, statuses[column]) for address, method, statuses in lines()]


# -- the tables of the admin -----------------------------------------------------------------------


@pytest.fixture
def rows(people, round_of_two):
    """One row of every table, of the faculty of `coordinator` where it belongs to one."""
    call = Call.objects.get(pk=round_of_two["pk"])
    own = Application.objects.get(code=round_of_two["code"])
    coordinator, now = people["coordinator"], timezone.now()
    lifecycle.accept_offer(own, by=own.student, now=now)
    nomination = lifecycle.nominate(own, by=coordinator, now=now, enrolment_confirmed=True)
    host = call.hosts.get()
    review_run = ReviewRun.objects.create(call=call)
    why = {"application": own, "host": host, "reason": "The partner asked for it."}
    found = [
        call,
        own,
        nomination,
        call.programme,
        call.programme.faculty,
        call.programme.slots.first(),
        own.submissions.get().degree_programme,
        host.agreement,
        host.agreement.host,
        factories.NominationDeadlineFactory.create(host=host.agreement.host),
        factories.TestimonialFactory.create(host=host.agreement.host),
        own.student,
        RoleGrant.objects.get(login_id=coordinator.username),
        call.rankings.get(),
        call.allocation_runs.get(),
        own.placements.get(),
        factories.BetterOfferFactory.create(placement=own.placements.get()),
        own.changes.first(),
        review_run,
        SubmissionReview.objects.create(run=review_run, submission=own.submissions.get()),
        factories.ReasonTemplateFactory.create(faculty=call.programme.faculty),
        factories.ViewingFactory.create(application=own, person=coordinator),
        Directive.objects.create(kind="forbid", made_by=coordinator, **why),
        PreferenceVerdict.objects.create(decided_by=coordinator, **why),
        ExportLog.objects.create(call=call, format="csv", nominations=[nomination.pk]),
        OutgoingMail.objects.first(),
        factories.AuditEntryFactory.create(person=coordinator, students=[own.student.pk]),
        HelpTopic.objects.first(),
        RetentionRule.objects.first(),
        PurgeRun.objects.create(),
        ErasureRequest.objects.create(student=own.student),
        LegalPage.objects.first(),
        ProcessingActivity.objects.first(),
        Network.objects.first(),
        GrantProject.objects.first(),
        GrantRate.objects.first(),
        CountryStatus.objects.first(),
        TopUp.objects.first(),
        TravelBand.objects.first(),
        PaymentList.objects.first(),
    ]
    return {row._meta.label_lower: row.pk for row in found}


@pytest.mark.parametrize("role", ROLES)
def test_every_table_is_open_to_whom_its_line_says(role, people, rows):
    cookies = cookies_of(people[role])
    to_login = [302] * len(TABLE_PAGES)

    given = {
        label: [
            ask(
                cookies,
                "GET",
                f"/admin/{label.replace('.', '/')}/{page}".format(pk=rows.get(label, 1)),
            )
            for page in TABLE_PAGES
        ]
        for label in tables()
    }

    assert given == {label: by_role.get(role, to_login) for label, by_role in tables().items()}


@pytest.mark.parametrize("role", STAFF)
def test_no_table_takes_what_its_line_refuses(role, people, rows):
    """An empty POST: refused where the page is refused, a form with errors (200) elsewhere."""
    cookies = cookies_of(people[role])
    writing = TABLE_PAGES[1:4]

    given = {
        label: [
            ask(
                cookies,
                "POST",
                f"/admin/{label.replace('.', '/')}/{page}".format(pk=rows.get(label, 1)),
            )
            for page in writing
        ]
        for label in tables()
    }

    assert given == {label: by_role[role] for label, by_role in posts().items()}
