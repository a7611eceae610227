"""What the partner offers, named by method and path."""

from sandbox.stand.operation import Kind, Operation

VENUES = Operation("GET /venues", "venues", Kind.QUERY, "places by kind, airport and region")
SLOTS = Operation("GET /venues/{id}/slots", "slots", Kind.QUERY, "the slots of a day with their places")
OFFERS = Operation("GET /offers", "offers", Kind.QUERY, "merchants' offers near a place or in a region")
ELIGIBILITY = Operation("POST /eligibility", "eligibility", Kind.QUERY, "whether a customer's tier has a right")
BOOK = Operation("POST /bookings", "book", Kind.PAYMENT, "books a slot under our reference")
CHANGE = Operation("POST /bookings/{id}/changes", "change", Kind.PAYMENT, "moves a booking to another slot")
CANCEL = Operation("POST /bookings/{id}/cancellations", "cancel", Kind.PAYMENT, "cancels a booking")
BOOKINGS = Operation("GET /bookings", "enquiry", Kind.ENQUIRY, "bookings by client_reference")
CHANGES = Operation("GET /changes", "change-enquiry", Kind.ENQUIRY, "changes by client_reference")
CANCELLATIONS = Operation("GET /cancellations", "cancel-enquiry", Kind.ENQUIRY, "cancellations by client_reference")
BOOKING = Operation("GET /bookings/{id}", "booking", Kind.ENQUIRY, "one booking by the partner's id")
VOUCHER = Operation("GET /bookings/{id}/voucher", "voucher", Kind.QUERY, "a short-lived code, on the day")
VISITS = Operation("POST /visits/search", "visits", Kind.QUERY, "visits that were consumed")
EVENT = Operation("EVENT", "push", Kind.PUSH, "booking.* and visit.consumed, posted to the registered URL")

OPERATIONS = (
    VENUES, SLOTS, OFFERS, ELIGIBILITY, BOOK, CHANGE, CANCEL, BOOKINGS, CHANGES, CANCELLATIONS, BOOKING, VOUCHER,
    VISITS, EVENT,
)  # fmt: skip
