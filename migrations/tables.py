"""Every room that has tables, so that migrations and checks see them all."""

import server.audit
import server.bookings.models
import server.calendars.models
import server.changes
import server.fleet.models
import server.memos.models
import server.people.models
import server.phones.models
import server.places.models
import server.presence.models
import server.privacy.models
import server.retention_terms
import server.seating.models  # noqa: F401  importing registers the tables; nobody uses the names
