"""How a phone list is written for spreadsheets, address books and telephones. Pure: a book in, text or bytes out."""
