"""The table of rooms with who may enter (SR-05)."""

from server import access
from server.access import KIOSK_TOO, LOOPBACK_OR_TOKEN, PUBLIC, SIGNED_IN, Room
from server.bookings import admin as seats_admin
from server.bookings import admin_rules, arrival, offers, plans_api, rules_page, seat_table, signs
from server.bookings import api as bookings_api
from server.bookings import mine as my_seats
from server.bookings import web as bookings
from server.calendars import web as calendars
from server.directory import api as directory_api
from server.directory import exports, person, phonebooks
from server.directory import web as directory
from server.fleet import admin as fleet
from server.health import web as health
from server.live_map import web as live_map
from server.memos import api as memos_api
from server.memos import web as memos
from server.openapi import web as openapi
from server.people import admin as accounts
from server.people import api as people_api
from server.people import devices, entrance
from server.people import web as people
from server.people.rules import Role
from server.phones import admin as numbers
from server.phones import admin_plan, admin_report
from server.phones import api as phones_api
from server.phones import web as phones
from server.places import api as seats_api
from server.places import web as seat_reports
from server.presence import api as presence_api
from server.presence import web as presence
from server.privacy import held, notice, officer, protection, terms
from server.privacy import web as privacy
from server.seating import find_api, find_web, fixation_report, habits_web, lottery_web

FLEET = access.roles(Role.FACILITIES, Role.SYSTEM_ADMIN)
NUMBERS = access.roles(Role.SECTION_ADMIN, Role.SYSTEM_ADMIN)
SEATS = access.roles(Role.SECTION_ADMIN, Role.FACILITIES)
ACCOUNTS = access.roles(Role.SYSTEM_ADMIN)
OFFICER = access.roles(Role.PRIVACY_OFFICER)
TERMS = access.roles(Role.PRIVACY_OFFICER, Role.SYSTEM_ADMIN)
ROOMS: tuple[Room, ...] = (
    Room(people.pages, None, SIGNED_IN),
    Room(entrance.pages, None, PUBLIC),
    Room(people_api.api, None, KIOSK_TOO),
    Room(live_map.pages, None, SIGNED_IN),
    Room(privacy.pages, None, SIGNED_IN),
    Room(directory.pages, None, KIOSK_TOO),
    Room(person.pages, None, KIOSK_TOO),
    Room(directory_api.api, None, KIOSK_TOO),
    Room(exports.pages, None, SIGNED_IN),
    Room(phonebooks.api, None, SIGNED_IN),
    Room(phones.pages, None, KIOSK_TOO),
    Room(phones_api.api, None, KIOSK_TOO),
    Room(numbers.pages, None, NUMBERS),
    Room(admin_plan.pages, None, NUMBERS),
    Room(admin_report.pages, None, NUMBERS),
    Room(memos.pages, None, SIGNED_IN),
    Room(memos_api.api, None, SIGNED_IN),
    Room(seat_reports.pages, None, SIGNED_IN),
    Room(rules_page.pages, None, SIGNED_IN),
    Room(seats_admin.pages, None, SEATS),
    Room(admin_rules.pages, None, SEATS),
    Room(signs.pages, None, SEATS),
    Room(seat_table.pages, None, SEATS),
    Room(seats_api.api, None, SIGNED_IN),
    Room(bookings_api.api, None, SIGNED_IN),
    Room(offers.api, None, SIGNED_IN),
    Room(my_seats.pages, None, SIGNED_IN),
    Room(plans_api.api, None, SIGNED_IN),
    Room(arrival.pages, None, SIGNED_IN),
    Room(bookings.pages, None, SIGNED_IN),
    Room(calendars.pages, None, SIGNED_IN),
    Room(find_api.api, None, SIGNED_IN),
    Room(find_web.pages, None, SIGNED_IN),
    Room(lottery_web.pages, None, SIGNED_IN),
    Room(habits_web.pages, None, SIGNED_IN),
    Room(fixation_report.pages, None, SIGNED_IN),
    Room(presence.pages, None, SIGNED_IN),
    Room(presence_api.api, None, SIGNED_IN),
    Room(devices.pages, None, SIGNED_IN),
    Room(accounts.pages, None, ACCOUNTS),
    Room(officer.pages, None, OFFICER),
    Room(protection.pages, None, OFFICER),
    Room(terms.pages, None, TERMS),
    Room(notice.pages, None, SIGNED_IN),
    Room(held.pages, None, SIGNED_IN),
    Room(fleet.pages, None, FLEET),
    Room(openapi.pages, None, SIGNED_IN),
    Room(health.pages, None, LOOPBACK_OR_TOKEN),
)  # fmt: skip
