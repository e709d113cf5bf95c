"""Which transcripts say that they can be checked, and with what."""

import pytest

from applications.pdf_inspection.transcripts import is_verifiable


@pytest.mark.parametrize(
    "text",
    [
        "Dieses Dokument kann unter campus.rub.de mit dem Passwort a8Kd-93Xp überprüft werden.",
        "Die Gültigkeit kann unter www.example.org/v geprüft werden.\nPasswort\nk7Tq93Vx",
        "Die Echtheit kann online geprüft werden. Verifikationscode: AB12-CD34-EF56",
        "Pru\u0308fcode 3F9A 22B1\nDokument verifizieren: https://verify.example.org",
        "Datenblatt, überprüfbar\nPasswort\n\nx7Gh2Kk9",
        "Zur Verifizierung geben Sie bitte folgenden Code ein: 8842-1193",
        "Zur Überprüfung dieses Datenblatts\nMatrikelnummer 1080\nPasswort abCDxyef",
        "Verifikation\nPasswort\nMatrikelnummer\nStudiengang\nk7Tq93Vx\n108012345",
        "checkable transcript\nPassword for verification: Xyzabcd",
        "This document can be verified at https://example.org using the password Xy12abcd",
        "You may check the authenticity of this document online. Key Xy12abcd",
        "Verifikation: https://verify.example.org/?code=8ab3f9cc12",
        "Dokumentenprüfung: https://example.org/p\nPrüfziffer: 99123881",
        "Kennwort für die Überprüfung des Datenblatts  =  qwertz",
        "Datenblatt „zu überprüfen“ (checkable)\nPasswort :\tk7Tq",
        "Echtheitsprüfung\nhttps://example.org/v\nID: 7781-2291",
        "Die Echtheit kann mit der Dokumenten-ID 5f3e-aa12 und der PIN 4471 bestätigt werden",
    ],
)
def test_sheet_that_says_how_to_check_it_is_verifiable(text):
    assert is_verifiable(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Datenblatt: Mikroökonomik 1,7. Durchschnittsnote: 1,7",
        "Maschinell erstellt und ohne Unterschrift gültig. Modulcode: 1234",
        "Die Leistungen wurden vom Prüfungsamt überprüft. Studiengang Code: BSC82",
        "Überprüfen Sie Ihre Angaben. Passwort vergessen?",
        "Verification of Payee. Modules: Cryptography Key Exchange",
        "Dieses Datenblatt ist nicht überprüfbar. Passwort: keines",
        "Das Modul Authentizität im Management, Code: MGT-1234",
        "MGT-1000 Authentic Leadership\nCourse code: MGT1000",
        "Die Echtheit bestätigt das Siegel. Telefon: 0234 32201",
        "Kann unter example.org mit dem Passwort überprüft werden.",
    ],
)
def test_sheet_without_the_means_is_not(text):
    assert not is_verifiable(text)
