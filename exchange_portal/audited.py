"""Which addresses show nobody's data: the only ones the audit log may leave out."""

from __future__ import annotations

# Pages of everybody. What a member of staff reads there of others is written down all the same
# (`Audit` knows by the rows that were read); what is only of the own person is not.
OWN_PAGES = {
    "home": "one's own applications, and figures of the rounds one runs",
    "applications:application": "one's own application",
    "applications:answer": "one's own offer",
    "applications:answer_calendar": "one's own offer",
    "applications:calendar": "the dates of the one who has the address",
    "applications:calendar_renew": "one's own calendar address",
    "applications:calendar_stop": "one's own calendar address",
    "applications:deadlines": "one's own dates",
    "applications:document": "one's own file; staff read the student's row for any other",
    "applications:form": "one's own draft",
    "applications:form_check": "one's own draft",
    "applications:form_documents": "one's own draft",
    "applications:form_page": "one's own draft",
    "applications:late_document": "one's own file",
    "applications:message": "one's own mail",
    "applications:messages": "one's own mails",
    "applications:preview": "one's own file",
    "applications:receipt": "one's own receipt",
    "applications:receipt_pdf": "one's own receipt",
    "applications:semester": "one's own place",
    "applications:slot": "one's own file",
    "applications:start": "one's own application",
    "applications:withdraw": "one's own application",
    "grants:account": "one's own account",
    "grants:declare": "one's own declaration",
    "grants:mine": "one's own grant",
    "grants:stay_document": "one's own file; staff read the student's row for any other",
    "grants:upload": "one's own file",
    "privacy:erase_draft": "one's own draft",
    "privacy:erasure": "one's own request",
    "privacy:erasure_take_back": "one's own request",
    "privacy:own_data": "one's own data",
}

# Pages that show no data of persons to anybody, with what they show. Rows of persons read for one
# of them are written down all the same.
NOTHING_PERSONAL = {
    "accessibility": "a page of text",
    "account_inactive": "a sentence",
    "account_login": "the way to the university's login",
    "account_logout": "a question",
    "admin:app_list": "names of tables",
    "admin:applications_call_copy": "calls and their rules, of which next year's are made",
    "admin:applications_processingactivity_export": "the record of processing",
    "admin:applications_processingactivity_record": "the record of processing",
    "admin:applications_retentionrule_confirm": "how long data is kept",
    "admin:django.contrib.admin.sites.AdminSite.catch_all_view": "there is no such page",
    "admin:django.views.generic.base.RedirectView": "leads to the page of the row",
    "admin:grants_grantproject_copy": "the grant tables of a project",
    "admin:grants_grantproject_health": "what is missing in the grant tables",
    "admin:grants_grantproject_tables": "the grant tables of a project",
    "admin:health": "whether the parts of the portal work",
    "admin:index": "names of tables, and how many applications a round has",
    "admin:jsi18n": "words for scripts",
    "admin:login": "leads to the university's login",
    "admin:logout": "ends the own session",
    "admin:partners_catalogue_export": "host universities and seats",
    "admin:partners_catalogue_load": "host universities and seats",
    "admin:partners_catalogue_report": "host universities and seats",
    "admin:partners_hostuniversity_health": "what is missing for host universities",
    "applications:call": "a call",
    "applications:call_calendar": "the dates of a call",
    "applications:calls": "the calls",
    "applications:programme": "a programme",
    "applications:testimonial": "a report without a name, released by the office",
    "demo:reset_round": "made-up people only",
    "grants:estimate": "what was typed, never kept",
    "help": "a page of text",
    "imprint": "a page of text",
    "openid_connect_callback": "the own person, from the university's login",
    "openid_connect_login": "leads to the university's login",
    "partners:host": "a host university, and figures of groups too large to point to a person",
    "partners:hosts": "host universities",
    "partners:map": "host universities",
    "privacy": "a page of text",
    "robots": "a page of text",
    "set_language": "the own language",
    "ways_abroad": "a page of text",
}

# The same, for the addresses that are there where the login is SAML.
NOTHING_PERSONAL_BY_SAML = {
    "saml_acs": "the own person, from the university's login",
    "saml_finish_acs": "the own person, from the university's login",
    "saml_login": "leads to the university's login",
    "saml_metadata": "facts about the portal",
    "saml_sls": "ends the own session",
}

# Tables of the administration in which no row is about a person: their pages (list, add, change,
# delete, history) are left out alike.
TABLES_OF_NOBODY = {
    "applications_call": "a call and its rules",
    "applications_degreeprogramme": "degree programmes",
    "applications_documentslot": "which documents a programme asks for",
    "applications_helptopic": "texts of the help page",
    "applications_legalpage": "texts of the pages the law wants public",
    "applications_processingactivity": "the record of processing",
    "applications_programme": "programmes",
    "applications_retentionrule": "how long data is kept",
    "applications_reasontemplate": "sentences to choose from",
    "grants_countrystatus": "grant tables",
    "grants_grantproject": "grant tables",
    "grants_grantrate": "grant tables",
    "grants_topup": "grant tables",
    "grants_travelband": "grant tables",
    "partners_agreement": "agreements with hosts",
    "partners_faculty": "faculties",
    "partners_hostuniversity": "host universities",
    "partners_network": "networks",
    "partners_nominationdeadline": "dates of hosts",
    "socialaccount_socialapp": "always empty: the login is set by the environment",
}
PAGES_OF_A_TABLE = ("changelist", "add", "change", "delete", "history")


def is_own_page(place: str) -> bool:
    return place in OWN_PAGES


def is_impersonal(place: str) -> bool:
    table, _, page = place.removeprefix("admin:").rpartition("_")
    return place in (NOTHING_PERSONAL | NOTHING_PERSONAL_BY_SAML) or (
        page in PAGES_OF_A_TABLE and table in TABLES_OF_NOBODY
    )
