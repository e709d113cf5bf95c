"""Which rows and columns are a person's own data, and which tables are not handed out.

Every table that leads to a person is either in TABLES, column by column, or in NOT_GIVEN with the
reason; a test walks all models. Names of staff are never given, only the role they acted in.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from applications import texts
from exchange_portal.privacy.own_data_kinds import (
    Table,
    Why,
    in_a_list,
    login_id_of,
    nominations_of,
)

_OF_APPLICATION = "application__student"
_PUBLISHED = "application__call__published_at"
_OF_NOMINATION = "nomination__application__student"

TABLES = (
    # -- the person -------------------------------------------------------------------------------
    Table(
        "person",
        "applications.User",
        "pk",
        (
            "username given_names family_name email matriculation_number esi affiliations "
            "language is_active date_joined last_login erased_at"
        ),
        {Why.TECHNICAL: "password is_superuser"},
        history=True,
    ),
    Table(
        "university_login",
        "socialaccount.SocialAccount",
        "user",
        "provider uid last_login date_joined extra_data",
        {Why.ELSEWHERE: "user"},
        title=_("login at the university"),
        words={
            "uid": _("who you are for the login"),
            "date_joined": _("first login"),
            "extra_data": _("what the login told the portal"),
        },
    ),
    Table(
        "mail_addresses",
        "account.EmailAddress",
        "user",
        "email verified primary",
        {Why.ELSEWHERE: "user"},
    ),
    Table(
        "roles",
        "applications.RoleGrant",
        "login_id",
        "login_id role faculty__key valid_from valid_until granted_by",
        key=login_id_of,
        history=True,
    ),
    Table(
        "calendar_address",
        "applications.CalendarFeed",
        "user",
        "created_at",
        {Why.ELSEWHERE: "user", Why.SECRET: "nonce"},
        words={"nonce": _("key of the address")},
    ),
    # -- the application --------------------------------------------------------------------------
    Table(
        "applications",
        "applications.Application",
        "student",
        (
            "code call__code call__title_en state draft draft_saved_at extended_until created_at "
            "anonymised_at"
        ),
        {Why.ELSEWHERE: "student", Why.TECHNICAL: "draft_turns"},
        history=True,
    ),
    Table(
        "state_changes",
        "applications.StateChange",
        _OF_APPLICATION,
        "application__code before after at by reason",
        of_staff={Why.NOTES: "reason"},
    ),
    Table(
        "concessions",
        "applications.Concession",
        _OF_APPLICATION,
        "application__code slot__key until granted_at granted_by",
        {Why.NOTES: "reason"},
        history=True,
    ),
    Table(
        "documents",
        "applications.Document",
        _OF_APPLICATION,
        (
            "id application__code slot__key original_name sha256 size pages inspection uploaded_at "
            "current"
        ),
        {Why.TECHNICAL: "stored_name"},
        files=("application__code", "slot__key"),
    ),
    Table(
        "submissions",
        "applications.Submission",
        _OF_APPLICATION,
        (
            "application__code number submitted_at family_name given_names birth_date gender "
            "nationality matriculation_number esi email phone street postal_code city country "
            "degree_programme__name level_now level_departure semester_now ects_earned "
            "average_grade isced_f earlier_months remarks"
        ),
    ),
    Table(
        "languages",
        "applications.LanguageSkill",
        "submission__application__student",
        "submission__application__code submission__number language level proof",
        words={"level": _("level of the language")},
    ),
    Table(
        "preferences",
        "applications.Preference",
        "submission__application__student",
        (
            "submission__application__code submission__number rank host "
            "host__agreement__host__name_en semesters"
        ),
    ),
    Table(
        "submitted_documents",
        "applications.SubmittedDocument",
        "submission__application__student",
        "submission__application__code submission__number document__sha256",
    ),
    # -- the procedure ----------------------------------------------------------------------------
    Table(
        "findings",
        "applications.SubmissionReview",
        "submission__application__student",
        (
            "submission__application__code submission__number state findings codes blocking "
            "reviewed_at"
        ),
        {Why.TECHNICAL: "run attempts failures leased_until error"},
        after="submission__application__call__published_at",
    ),
    Table(
        "score_sheets",
        "applications.ScoreSheet",
        _OF_APPLICATION,
        "id application__code reader completed_at",
        {Why.NOTES: "comment", Why.TECHNICAL: "version"},
        after=_PUBLISHED,
    ),
    Table(
        "scores",
        "applications.Score",
        "sheet__application__student",
        "sheet criterion__name_en points",
        after="sheet__application__call__published_at",
    ),
    Table(
        "rankings",
        "applications.RankedApplication",
        _OF_APPLICATION,
        (
            "application__code ranking__number position score breakdown counted_score host_scores "
            "lottery"
        ),
        {Why.OTHERS: "moved_value move ties decided_by"},
        after=_PUBLISHED,
        words={
            "host_scores": _(
                "points where a host university has an order of its own, by its number, which "
                "stands in “preferences” as “host”"
            )
        },
    ),
    Table(
        "pins_and_forbids",
        "applications.Directive",
        _OF_APPLICATION,
        (
            "application__code kind host__agreement__host__name_en semester extra_seat made_by "
            "made_at"
        ),
        {Why.NOTES: "reason"},
        after=_PUBLISHED,
    ),
    Table(
        "not_eligible_for_hosts",
        "applications.PreferenceVerdict",
        _OF_APPLICATION,
        "application__code host__agreement__host__name_en decided_by decided_at",
        {Why.NOTES: "reason"},
        after=_PUBLISHED,
    ),
    Table(
        "results",
        "applications.PreferenceOutcome",
        _OF_APPLICATION,
        (
            "application__code run__number host__agreement__host__name_en semester rank reason "
            "figures waiting_position"
        ),
        after="run__published_at",
        meanings={"reason": texts.outcomes},
    ),
    Table(
        "places",
        "applications.Placement",
        _OF_APPLICATION,
        (
            "application__code host__agreement__host__name_en semester extra_seat live offered_at "
            "answer_by answered_at"
        ),
        {Why.TECHNICAL: "run pool"},
        history=True,
    ),
    Table(
        "better_offers",
        "applications.BetterOffer",
        _OF_APPLICATION,
        (
            "application__code host__agreement__host__name_en semester is_open outcome offered_at "
            "answer_by closed_at"
        ),
        {Why.TECHNICAL: "run pool"},
        history=True,
    ),
    Table(
        "enrolment",
        "applications.EnrolmentConfirmation",
        _OF_APPLICATION,
        "application__code confirmed_at confirmed_by note",
        history=True,
    ),
    Table(
        "nominations",
        "applications.Nomination",
        _OF_APPLICATION,
        (
            "id application__code placement__host__agreement__host__name_en status "
            "enrolment_confirmed comment planned_from planned_until corrections nominated_at "
            "nominated_by answered_at"
        ),
        history=True,
    ),
    Table(
        "nomination_corrections",
        "applications.NominationCorrection",
        _OF_NOMINATION,
        "nomination at by changes",
        {Why.NOTES: "reason"},
    ),
    Table(
        "messages",
        "applications.OutgoingMail",
        "person",
        "application__code recipient language subject body created_at sent_at",
        {Why.TECHNICAL: "key due_at attempts error", Why.ELSEWHERE: "person"},
        of_staff={Why.OTHERS: "subject body"},
    ),
    # -- the grant --------------------------------------------------------------------------------
    Table(
        "grant_declarations",
        "grants.GrantDeclaration",
        _OF_NOMINATION,
        (
            "nomination start end earlier_days social_reasons green travel_days iban "
            "account_holder declared_at changed_at"
        ),
        history=True,
    ),
    Table(
        "grant_awards",
        "grants.GrantAward",
        _OF_NOMINATION,
        (
            "id nomination confirmation_on transcript_on report_on created_by created_at "
            "cancelled_by cancelled_at"
        ),
        {Why.ELSEWHERE: "current approved", Why.NOTES: "cancel_reason"},
        history=True,
    ),
    Table(
        "grant_versions",
        "grants.AwardVersion",
        "award__nomination__application__student",
        (
            "award number occasion project__code mobility_type start end interruptions cap_days "
            "earlier_days semesters social_reasons real_costs_eur real_costs_reason green "
            "travel_days waiver_reason approved_days approved_end extension_asked_on ects "
            "ects_reclaimed ects_statement country distance_km days funded_days country_group "
            "provisional lines warnings reason total made_by made_at proposed_by proposed_at "
            "approved_by approved_at"
        ),
        {Why.NOTES: "note sent_back", Why.TECHNICAL: "calculation_version"},
        after="approved_at",
    ),
    Table(
        "grant_payments",
        "grants.GrantPayment",
        "award__nomination__application__student",
        (
            "award version__number kind amount due_at payment_list__made_at payment_list__paid_on "
            "iban account_holder family_name given_names received_on received_noted_by void_at"
        ),
    ),
    Table(
        "stay_documents",
        "grants.StayDocument",
        _OF_NOMINATION,
        (
            "id nomination nomination__application__code kind original_name sha256 size pages "
            "uploaded_at current"
        ),
        {Why.TECHNICAL: "stored_name"},
        files=("nomination__application__code", "kind"),
    ),
    # -- who had to do with the data --------------------------------------------------------------
    Table(
        "opened_by_staff",
        "applications.Viewing",
        _OF_APPLICATION,
        "application__code document__slot__key person what blind at",
    ),
    Table(
        "accesses_by_staff",
        "applications.AuditEntry",
        "students__contains",
        "at person action place",
        {Why.TECHNICAL: "status context", Why.OTHERS: "target students"},
        key=in_a_list,
        title=_("who of the staff looked at or changed your data, once for each day and page"),
    ),
    Table(
        "own_accesses_as_staff",
        "applications.AuditEntry",
        "person",
        "at action place status",
        {Why.ELSEWHERE: "person", Why.OTHERS: "target students", Why.TECHNICAL: "context"},
        title=_("what you looked at or changed as a member of staff"),
    ),
    Table(
        "lists_for_partners",
        "applications.ExportLog",
        "nominations__overlap",
        "at by call__code host__name_en format",
        {Why.OTHERS: "nominations", Why.TECHNICAL: "job"},
        key=nominations_of,
    ),
    Table(
        "erasure_requests",
        "applications.ErasureRequest",
        "student",
        "asked_at note state decided_at decided_by kept",
        {Why.ELSEWHERE: "student"},
        history=True,
    ),
)

# Tables that lead to a person, of which nothing is given.
NOT_GIVEN = {
    "applications.Comment": Why.NOTES,
    "applications.Assignment": Why.PROCEDURE,
    "applications.AssignmentEvent": Why.PROCEDURE,
    "applications.ScoreEvent": Why.PROCEDURE,
    "applications.DirectiveEvent": Why.PROCEDURE,
    "applications.PreferenceVerdictEvent": Why.PROCEDURE,
    "applications.RetentionRule": Why.OTHERS,
    "applications.RetentionRuleEvent": Why.OTHERS,
    "applications.RankingMove": Why.OTHERS,
    "applications.RankingMoveEvent": Why.OTHERS,
    "applications.Ranking": Why.OTHERS,
    "applications.AllocationRun": Why.OTHERS,
    "applications.ReviewRun": Why.OTHERS,
    "applications.ExportJob": Why.OTHERS,
    "applications.ExportDownload": Why.OTHERS,
    "applications.PurgeRun": Why.OTHERS,
    "applications.User_groups": Why.TECHNICAL,
    "applications.User_user_permissions": Why.TECHNICAL,
    "grants.PaymentList": Why.OTHERS,
    "grants.PaymentListDownload": Why.OTHERS,
    "grants.TableChange": Why.OTHERS,
    "admin.LogEntry": Why.OTHERS,
    "account.EmailConfirmation": Why.SECRET,
    "socialaccount.SocialToken": Why.SECRET,
    "pghistory.MiddlewareEvents": Why.ELSEWHERE,
}
