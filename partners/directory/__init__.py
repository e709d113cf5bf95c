"""The directory of host universities: what may be asked of it, how names are found and sorted."""

from partners.directory.host_filter import (
    HostFilter,
    agreements_with,
    countries_of_hosts,
    next_academic_year,
)

__all__ = ["HostFilter", "agreements_with", "countries_of_hosts", "next_academic_year"]
