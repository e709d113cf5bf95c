"""Addresses of the catalogue's admin, and what the browser sends from its forms."""

from django.urls import reverse


def changelist(model):
    return reverse(f"admin:partners_{model}_changelist")


def change(row):
    return reverse(f"admin:partners_{row._meta.model_name}_change", args=[row.pk])


def form_of(agreement, *pools, **changes):
    """What the browser sends for an agreement and its seats."""
    data = {
        "host": agreement.host_id,
        "faculty": agreement.faculty_id,
        "kind": agreement.kind,
        "isced_f": agreement.isced_f,
        "valid_from": agreement.valid_from,
        "valid_until": agreement.valid_until,
        "language": agreement.language,
        "pools-TOTAL_FORMS": len(pools),
        "pools-INITIAL_FORMS": sum("id" in row for row in pools),
        **changes,
    }
    for number, row in enumerate(pools):
        data |= {f"pools-{number}-{name}": value for name, value in row.items()}
        data[f"pools-{number}-agreement"] = agreement.pk
    return data


def pool_row(**changes):
    return {"academic_year": 2027, "level": "", "semester": "", "seats": 1, **changes}


def host_form(host, *terms, **changes):
    """What the browser sends for a host and its terms."""
    data = {
        "key": host.key,
        "name_en": host.name_en,
        "city": host.city,
        "country": "ES",
        "latitude": "43.36",
        "longitude": "-5.84",
        "time_zone": "Europe/Madrid",
        **{
            f"{name}-{kind}_FORMS": 0
            for name in ("agreements", "nomination_deadlines")
            for kind in ("TOTAL", "INITIAL")
        },
        "terms-TOTAL_FORMS": len(terms),
        "terms-INITIAL_FORMS": 0,
        **changes,
    }
    for number, row in enumerate(terms):
        term = {"academic_year": "2027/28", "semester": "W", "host": host.pk, **row}
        data |= {f"terms-{number}-{name}": value for name, value in term.items()}
    return data
