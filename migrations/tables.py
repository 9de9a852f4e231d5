"""Every room that has tables, so that migrations and checks see them all."""

import server.changes
import server.fleet.models
import server.people.models
import server.places.models
import server.presence.models  # noqa: F401
