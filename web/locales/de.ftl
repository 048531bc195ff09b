# Texte von zegel auf Deutsch. Anrede: Sie. Sätze unter fünfzehn Wörtern. Ein Wort für eine Sache.

## Daten und Größen

date = { $day }. { $month ->
        [1] Januar
        [2] Februar
        [3] März
        [4] April
        [5] Mai
        [6] Juni
        [7] Juli
        [8] August
        [9] September
        [10] Oktober
        [11] November
       *[12] Dezember
    } { $year }
date-time = { $day }. { $month ->
        [1] Januar
        [2] Februar
        [3] März
        [4] April
        [5] Mai
        [6] Juni
        [7] Juli
        [8] August
        [9] September
        [10] Oktober
        [11] November
       *[12] Dezember
    } { $year }, { $hour }:{ $minute } Uhr
size-byte = { $number ->
        [1] 1 Byte
       *[other] { $number } Bytes
    }
size-kilo = { $number } kB
size-mega = { $number } MB

## Seiten

skip-link = Zum Inhalt
language-nav = Sprache
test-banner = Das ist eine Testumgebung. Nichts, was Sie hier tun, ist rechtsgültig.
footer-nav = Über diesen Dienst
footer-accessibility = Barrierefreiheit
footer-verify = Unterschrift prüfen
footer-help = Hilfe nötig?
step-of = Schritt { $current } von { $total }
step-list = Schritte
step-confirm = Bestätigen
step-pin = PIN-Code
step-capacity = Eigenschaft
step-read = Lesen
step-done = Fertig
action-continue = Weiter
action-try-again = Erneut versuchen
action-back = Zurück
action-cancel = Abbrechen
logged-in-as = Angemeldet als { $name }
log-out = Abmelden
logged-out-title = Sie sind abgemeldet
logged-out-card = Nehmen Sie Ihren Personalausweis mit.
logged-out-applications = Melden Sie sich auch in den Anwendungen ab, die Sie benutzt haben. Sonst bleiben Sie dort angemeldet.

problem-code = Code
problem-reference = Referenz
problem-copy = Code und Referenz kopieren
problem-copied = Kopiert
problem-developer = Für den Betreiber der Anwendung

start-title = Anmelden und unterschreiben mit Ihrem Personalausweis
start-lead = Mit diesem Dienst melden Sie sich bei Anwendungen Ihrer Verwaltung an. Sie unterschreiben damit auch Dokumente.
start-how = Sie beginnen immer in der Anwendung selbst. Sie schickt Sie hierher, wenn Sie sich anmelden oder unterschreiben sollen.
start-verify-heading = Haben Sie ein unterschriebenes Dokument erhalten?
start-verify-text = Hier sehen Sie, wer es unterschrieben hat, wann, und ob es danach geändert wurde.
start-verify-action = Unterschrift prüfen

accessibility-title = Barrierefreiheit
accessibility-lead = Wir möchten, dass alle diesen Dienst nutzen können. Unser Ziel ist WCAG 2.2, Stufe AA.
accessibility-state-heading = Wie weit sind wir?
accessibility-state = Jede Seite wird bei jeder Änderung in vier Sprachen automatisch getestet. Eine unabhängige Prüfung gab es noch nicht.
accessibility-known-heading = Was ist noch zu verbessern?
accessibility-known = Dokumente anderer sind nicht immer barrierefrei. Deshalb zeigen wir auch den Text des Dokuments.
accessibility-complaint-heading = Funktioniert etwas nicht?
accessibility-complaint = Teilen Sie es uns mit. Wir antworten innerhalb von fünf Werktagen. Sind Sie mit der Antwort nicht zufrieden, wenden Sie sich an die zuständige Ombudsstelle.
accessibility-contact = Kontakt: { $contact }
accessibility-date = Diese Erklärung ist vom { $date }.

login-to = Anmelden bei { $client }
login-requested-by = { $organisation } bittet Sie, sich anzumelden.
choose-counter = Mit dem Kartenlesegerät dieses Computers
choose-counter-hint = Stecken Sie Ihren Personalausweis in das Kartenlesegerät. Den PIN-Code geben Sie in einem eigenen Fenster ein. Lassen Sie Ihren Ausweis stecken, bis Sie fertig sind.
choose-card = Mit Ihrer Karte an diesem Computer
choose-card-hint = Stecken Sie Ihren Personalausweis in Ihr eigenes Kartenlesegerät. Den PIN-Code geben Sie in einem eigenen Fenster ein. Prüfen Sie dort die Adresse dieser Website.
choose-card-action = Mit meiner Karte anmelden
choose-card-script = Dieser Weg braucht JavaScript. Schalten Sie JavaScript ein und laden Sie diese Seite neu.
choose-card-first-time = Zum ersten Mal an diesem Computer?
choose-card-install = Sie brauchen ein Kartenlesegerät und einmalig diese Programme:
choose-card-web-eid = die Web-eID-Erweiterung mit ihrem Programm
choose-card-middleware = die eID-Software der föderalen Behörde
choose-card-managed = An einem Computer Ihrer Verwaltung kümmert sich Ihre IT-Abteilung darum.
card-looking = Wir suchen das Kartenprogramm dieses Computers.
card-pin = Auf Ihrem Computer ist ein Fenster geöffnet. Prüfen Sie die Adresse und geben Sie dort Ihren PIN-Code ein.
shared-heading = Was { $client } erhält
shared-name = Ihren Namen
shared-capacity = Die Eigenschaft, die Sie wählen
shared-national-number = Ihre Nationalregisternummer, weil ein Gesetz das erlaubt
shared-log-in = Wann und wie Sie sich angemeldet haben, mit einer Kennung nur für diese Anwendung
short-code-heading = Ihr Kontrollcode
short-code-where = Achten Sie gleich auf das PIN-Fenster auf diesem Computer. Geben Sie Ihren PIN-Code nie auf einer Webseite ein.
confirm-login-action = PIN-Code eingeben
waiting-title = Geben Sie Ihren PIN-Code ein
waiting-pin = Auf diesem Computer ist ein PIN-Fenster geöffnet. Prüfen Sie den Code und geben Sie dort Ihren PIN-Code ein.
waiting-card = Stecken Sie Ihren Personalausweis in das Kartenlesegerät. Diese Seite fährt automatisch fort.
waiting-checking = Wir prüfen Ihr Zertifikat.
waiting-slow = Das dauert länger als sonst. Sie müssen nichts tun.
waiting-noscript = Diese Seite lädt alle drei Sekunden neu.
capacity-title = In welcher Eigenschaft möchten Sie weitermachen?
capacity-hello = Sie sind angemeldet als { $name }.
capacity-legend = Wählen Sie eine Eigenschaft
capacity-until = Bis { $date }
capacity-acting = In Vertretung von { $name } bei Abwesenheit
capacity-delegated = Mit Unterschriftsvollmacht von { $name }
capacity-required = Wählen Sie zuerst eine Eigenschaft.
error-summary = Das Formular enthält einen Fehler
error-prefix = Fehler: { $title }
share-title = Diese Daten weitergeben
share-action = Weitergeben und weiter

sign-title = { $count ->
        [one] Sie sollen ein Dokument unterschreiben
       *[other] Sie sollen { $count } Dokumente unterschreiben
    }
sign-from = { $requester } bittet um Ihre Unterschrift.
sign-until = Sie können bis { $time } unterschreiben.
sign-capacity-heading = Sie unterschreiben als
sign-capacity-basis = Auf Grundlage von: { $basis }
sign-mention = In der Unterschrift steht: „{ $mention }“
sign-order-heading = Wer unterschreibt
slot-signed = hat unterschrieben am { $time }
slot-you = das sind Sie, jetzt
slot-waiting = muss noch unterschreiben
document-kind = Art
document-pages = Seiten
later-heading = Bleibt es gültig?
document-policy = Beurteilt nach
document-size = Größe
document-fingerprint = Fingerabdruck (SHA-256)
document-fingerprint-base = Fingerabdruck ohne die schon vorhandenen Unterschriften
document-original = Original herunterladen (PDF)
document-preview-heading = Vorschau
document-preview-page = Seite { $page } von { $total }; der Text steht unten
document-text-heading = Text des Dokuments
document-text-page = Seite { $page }
document-text-none = Diese Seite enthält keinen lesbaren Text. Sehen Sie sich die Vorschau oder das Original an.
document-signatures-heading = Bereits vorhandene Unterschriften
document-signatures-none = Dieses Dokument enthält noch keine Unterschrift.
sign-decline = Nicht unterschreiben
confirm-sign-title = Unterschrift bestätigen
confirm-sign-lead-test = { $count ->
        [one] Sie leisten eine TEST-Unterschrift auf 1 Dokument.
       *[other] Sie leisten eine TEST-Unterschrift auf { $count } Dokumenten.
    }
confirm-sign-binding = Sie bindet Sie wie eine Unterschrift auf Papier.
confirm-sign-pin = Sie geben Ihren PIN-Code einmal ein, im PIN-Fenster auf diesem Computer.
confirm-sign-action = Mit PIN-Code unterschreiben
sign-waiting-pin = Ein PIN-Fenster mit dem Titel „Unterschreiben“ ist geöffnet. Prüfen Sie Code und Dokument und geben Sie dort Ihren PIN-Code ein.
finishing-title = Wir stellen Ihre Unterschrift fertig
finishing-lead = Ihre Unterschrift ist geleistet. Wir fügen den Zeitstempel und die Nachweise hinzu.
finishing-safe = Sie dürfen diese Seite schließen. Es geht nichts verloren. Wenn Sie Ihren Ausweis herausnehmen, werden Sie abgemeldet.
sign-done-title = Sie haben unterschrieben
sign-done-lead = Ihre Unterschrift steht im Dokument. Sie wurde geprüft.
sign-done-next = Danach unterschreibt: { $slot }.
sign-done-complete = Alle Unterschriften sind geleistet.
ended-completed = Alle Unterschriften sind geleistet.
ended-declined = Ein Unterzeichner hat abgelehnt.
ended-failed = Eine Unterschrift konnte nicht fertiggestellt werden.
ended-expired = Die Frist ist abgelaufen.
ended-withdrawn = Die Anfrage wurde zurückgezogen.
sign-done-incomplete = Dieses Dokument trägt nicht alle verlangten Unterschriften.
sign-done-below = Die Unterschriften darin zeigen { $shown }, nicht { $level }.
sign-done-raising = Die Unterschriften darin zeigen vorerst { $shown }. Nach der letzten wird das Dokument auf { $level } gebracht; erst dann ist es fertig.
sign-done-download = Unterschriebenes Dokument herunterladen
sign-done-proof = Nachweis der Befugnis herunterladen
sign-done-publication = Veröffentlichungsfassung herunterladen
sign-done-continue = Zurück zu { $client }
decline-title = Nicht unterschreiben
decline-lead = { $requester } erfährt, dass Sie nicht unterschreiben.
decline-reason = Grund (freiwillig)
decline-reason-hint = { $requester } kann diesen Text lesen.
decline-back = Zurück zum Dokument

verify-title = Unterschrift prüfen
verify-lead = Wählen Sie ein unterschriebenes Dokument. Sie sehen, wer es unterschrieben hat und ob es danach geändert wurde.
verify-file = Unterschriebenes Dokument
verify-file-hint = Ein PDF oder eine unterschriebene Datei (xml, asice, asics, p7m, json) mit höchstens { $limit }. Wir speichern die Datei nicht.
verify-password = Passwort des Dokuments
verify-password-hint = Nur für ein PDF, das beim Öffnen ein Passwort verlangt. Wir verwenden es einmal und speichern es nicht.
verify-action = Prüfen
verify-file-missing = Wählen Sie zuerst eine Datei.
verify-result-title = Ergebnis der Prüfung
verify-plan-missing = Achtung: Dieses Dokument trägt { $present } der { $required } verlangten Unterschriften.
verify-result-count = { $count ->
        [one] Dieses Dokument enthält 1 Unterschrift.
       *[other] Dieses Dokument enthält { $count } Unterschriften.
    }
verify-none = Dieses Dokument ist nicht unterschrieben.
verify-signature = Unterschrift { $number }
outcome-passed = Gültig
outcome-indeterminate = Unentschieden
outcome-failed = Ungültig
verdict-test = TEST-Unterschrift von { $name }, geleistet am { $time }. Sie hat keinen rechtlichen Wert.
verdict-indeterminate = Unterschrift von { $name }: Es fehlen Nachweise.
verdict-failed = Die Unterschrift von { $name } ist nicht gültig.
changes-none = Das Dokument wurde danach nicht geändert.
changes-allowed = Danach kamen nur Unterschriften und Nachweise hinzu.
changes-filled = Danach wurden Felder des Formulars ausgefüllt oder Angaben zum Dokument geändert. Sehen Sie bei den Einzelheiten nach.
changes-other = Das Dokument wurde nach dieser Unterschrift geändert.
details = Einzelheiten
detail-level = Stufe
level-proven = davon ist derzeit nachgewiesen: { $level }
level-proven-none = davon ist derzeit nichts nachgewiesen
detail-signing-time = Zeitpunkt laut Unterzeichner
detail-proven-time = Nachgewiesener Zeitpunkt (Zeitstempel)
detail-certificate = Was das Zertifikat sagt
detail-claimed = Was der Unterzeichner angab
detail-policy = Signaturrichtlinie
detail-attested = Was die Verwaltung bestätigte
detail-decision = Auf Grundlage des Beschlusses
detail-reason = Warum
detail-indication = Indikation
detail-covers = Teil des Dokuments
covers-whole = Das ganze Dokument
verify-again = Ein anderes Dokument prüfen
verify-checked-at = Geprüft am { $time }.

login-own = Anmelden, um fortzufahren
login-own-lead = Wir müssen zuerst wissen, wer Sie sind.
choose-confirm = Sie melden sich als Inhaber der Karte im Kartenlesegerät an.
short-code-same = Im PIN-Fenster muss derselbe Code stehen. Sehen Sie einen anderen Code? Dann brechen Sie ab.
waiting-until = Sie haben Zeit bis { $time }.
share-choose-lead = { $client } erhält danach diese Daten über Sie:
confirm-sign-lead = { $count ->
        [one] Sie leisten Ihre elektronische Unterschrift auf 1 Dokument.
       *[other] Sie leisten Ihre elektronische Unterschrift auf { $count } Dokumenten.
    }
verdict-passed = Elektronische Unterschrift von { $name }, geleistet am { $time }.
name-unknown = einer unbekannten Person
attested-verified = { $capacity }, bestätigt zum Zeitpunkt der Unterschrift.
attested-key-missing = Eine Bestätigung ist enthalten, aber der Schlüssel der Verwaltung fehlt.
attested-invalid = Die Bestätigung in dieser Unterschrift stimmt nicht.
attested-other = Die Bestätigung betrifft ein anderes Dokument oder eine andere Person.
attested-other-time = { $capacity }, aber nicht zum nachgewiesenen Zeitpunkt der Unterschrift bestätigt.
attested-none = Keine Bestätigung einer Verwaltung.
issuer = Aussteller
validity = Gültig vom { $from } bis { $until }
none-given = Nichts
time-stamps-heading = Zeitstempel des Dokuments
verify-laboratory = Dieses Ergebnis beruht auf TEST-Zertifikaten. Es gilt nur im Labor.
verify-file-format = Bitten Sie den Absender um ein neues Exemplar.
covers-version = Die damals vorliegende Fassung
covers-part = Nicht die ganze Datei

## Zustände und Fehler

code-agent_missing = Das Kartenprogramm ist auf diesem Computer nicht installiert
    .detail = Installieren Sie es einmal; danach kann diese Seite Ihr Kartenlesegerät verwenden.
code-agent_outdated = Das Kartenprogramm ist zu alt
    .detail = { $needed ->
        [unknown] Eine neuere Version ist nötig.
       *[other] Version { $found } ist installiert, Version { $needed } oder neuer ist nötig.
    }
code-agent_stopped = Das Kartenprogramm wurde unerwartet beendet
    .detail = Versuchen Sie es erneut. Wenn es wieder geschieht, starten Sie Ihren Browser neu.
code-already_signed = Sie haben dieses Dokument bereits { $date ->
        [unknown] unterschrieben
       *[other] am { $date } unterschrieben
    }
    .detail = Sie können erneut unterschreiben, aber es ist nicht nötig.
code-already_waiting = Ihre Karte wird bereits in einem anderen Fenster verwendet
    .detail = Schließen Sie den Vorgang dort ab oder brechen Sie ihn ab, und versuchen Sie es hier erneut.
code-browser_unsupported = Dieser Browser wird nicht unterstützt
    .detail = Verwenden Sie eine aktuelle Version von { $browsers ->
        [unknown] Firefox, Chrome, Edge oder Safari
       *[other] { $browsers }
    }.
code-card_busy = Ein anderes Programm verwendet Ihre Karte
    .detail = Schließen Sie andere Programme oder Tabs, die die Karte verwenden, zum Beispiel eID Viewer.
code-card_changed = Das ist eine andere Karte als die, mit der Sie begonnen haben
    .detail = Stecken Sie die erste Karte wieder ein oder beginnen Sie mit dieser Karte neu.
code-card_missing = Keine Karte im Lesegerät
    .detail = Stecken Sie Ihren Personalausweis mit dem Chip voran in das Lesegerät. Diese Seite fährt automatisch fort.
code-card_not_activated = Diese Karte ist noch nicht aktiviert
    .detail = Lassen Sie sie zuerst von Ihrer Gemeinde aktivieren.
code-card_removed = Die Karte wurde zu früh entfernt
    .detail = Es wurde nichts unterschrieben. Stecken Sie dieselbe Karte wieder ein und beginnen Sie diesen Schritt neu.
code-card_unreadable = Die Karte kann nicht gelesen werden
    .detail = Prüfen Sie, ob der Chip sauber ist und die Karte richtig steckt. Gelingt es auch mit einem anderen Gerät nicht, lassen Sie die Karte von Ihrer Gemeinde prüfen.
code-card_unsupported = Diese Karte kann hier nicht verwendet werden
    .detail = Sie können verwenden: { $cards ->
        [unknown] einen belgischen Personalausweis (eID)
       *[other] { $cards }
    }.
code-certificate_expired = Ihre Karte oder das Zertifikat darauf ist { $date ->
        [unknown] abgelaufen
       *[other] am { $date } abgelaufen
    }
    .detail = Beantragen Sie bei Ihrer Gemeinde eine neue Karte.
code-certificate_missing = Diese Karte hat dafür kein Zertifikat
    .detail = Mit der Karte eines Kindes oder ohne gewünschte Zertifikate { $act ->
        [unknown] ist das nicht möglich
       *[other] können Sie nicht { $act }
    }.
code-certificate_not_yet_valid = Ihre Karte kann zurzeit nicht verwendet werden
    .detail = Wenden Sie sich an Ihre Gemeinde, wenn Sie den Grund nicht kennen.
code-certificate_revoked = Ihre Karte kann zurzeit nicht verwendet werden
    .detail = Wenden Sie sich an Ihre Gemeinde, wenn Sie den Grund nicht kennen.
code-certificate_suspended = Ihre Karte kann zurzeit nicht verwendet werden
    .detail = Wenden Sie sich an Ihre Gemeinde, wenn Sie den Grund nicht kennen.
code-certificate_untrusted = Ihre Karte kann zurzeit nicht verwendet werden
    .detail = Wenden Sie sich an Ihre Gemeinde, wenn Sie den Grund nicht kennen.
code-certificate_wrong_person = Diese Anfrage ist für { $name ->
        [unknown] jemand anderen
       *[other] { $name }
    }
    .detail = Die Karte im Lesegerät gehört jemand anderem.
code-client_unknown = Die Anwendung, die Sie hierher geschickt hat, ist nicht richtig eingestellt
    .detail = Das ist nicht Ihr Fehler. Melden Sie es dem Betreiber der Anwendung.
code-counter_only_here = Dieses Kartenlesegerät ist von hier aus nicht verwendbar
    .detail = Das Kartenlesegerät dieses Dienstes funktioniert nur an dem Computer, an den es angeschlossen ist. Wählen Sie einen anderen Weg oder gehen Sie zu diesem Computer.
code-csrf_failed = Diese Seite war nicht mehr gültig
    .detail = Es wurde nichts gesendet oder unterschrieben. Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es erneut.
code-document_changed = Das Dokument wurde inzwischen geändert
    .detail = Es ist nicht das Dokument, das Sie gesehen haben. Es wurde nichts unterschrieben. Öffnen Sie die Anfrage erneut und lesen Sie zuerst das Dokument.
code-document_damaged = Diese Datei ist beschädigt oder unvollständig
    .detail = Bitten Sie den Absender um eine neue Kopie.
code-document_empty = Diese Datei ist leer
    .detail = Sie hat keinen Inhalt. Wählen Sie eine andere Datei oder bitten Sie den Absender um eine neue Kopie.
code-document_active = Dieses Dokument kann etwas anderes zeigen, als Sie unterschreiben würden
    .detail = Es enthält Skripte, verborgene Ebenen oder Felder, die erst beim Öffnen gezeichnet werden. Bitten Sie den Absender um eine Fassung ohne sie.
code-document_final = Eine frühere Unterschrift hat dieses Dokument abgeschlossen
    .detail = Es können keine Unterschriften mehr hinzugefügt werden.
code-document_password = Dieses PDF lässt sich nur mit seinem Passwort öffnen
    .detail = Geben Sie das Passwort ein, um es prüfen zu lassen. Zum Unterschreiben ist eine Kopie ohne Passwort nötig.
code-document_password_wrong = Dieses Passwort öffnet das PDF nicht
    .detail = Groß- und Kleinschreibung zählen. Wählen Sie die Datei erneut und geben Sie ihr Passwort ein.
code-document_protected = Dieses PDF ist mit einem Passwort geschützt oder erlaubt keine Unterschrift
    .detail = Bitten Sie den Absender um eine ungeschützte Kopie.
code-document_signature_invalid = Dieses Dokument enthält bereits eine ungültige Unterschrift
    .detail = Fragen Sie den Absender, bevor Sie unterschreiben.
code-document_too_large = Diese Datei ist zu groß
    .detail = { $size ->
        [unknown] Verwenden Sie eine kleinere Datei.
       *[other] Sie hat { $size }, die Grenze ist { $limit }.
    }
code-document_type = Diese Art von Datei kann hier nicht verwendet werden
    .detail = Sie können { $types ->
        [unknown] PDF-Dateien
       *[other] { $types }
    } verwenden.
code-extension_missing = Die Browsererweiterung fehlt oder ist ausgeschaltet
    .detail = Installieren oder aktivieren Sie die Web-eID-Erweiterung und kehren Sie dann zu dieser Seite zurück.
code-extension_outdated = Die Browsererweiterung ist zu alt
    .detail = Aktualisieren Sie die Web-eID-Erweiterung und kehren Sie dann zu dieser Seite zurück.
code-list_changed = Eines der Dokumente ist nicht mehr das, was Sie gesehen haben
    .detail = Eine Unterschrift gilt für alle Dokumente zusammen, wie sie gezeigt wurden. Deshalb wurde nichts unterschrieben. Gehen Sie zur Liste zurück und bestätigen Sie erneut.
code-login_elsewhere_finished = Diese Anmeldung wurde bereits verwendet
    .detail = Gehen Sie zurück zu { $client ->
        [unknown] der Anwendung
       *[other] { $client }
    }. Vielleicht sind Sie schon angemeldet.
code-login_expired = Die Anmeldung hat zu lange gedauert und wurde zu Ihrer Sicherheit beendet
    .detail = Gehen Sie zurück zu { $client ->
        [unknown] der Anwendung
       *[other] { $client }
    } und melden Sie sich erneut an.
code-login_refused = Wir konnten Sie nicht anmelden
    .detail = Die Antwort Ihrer Karte wurde nicht angenommen. Versuchen Sie es erneut. Bleibt der Fehler, nennen Sie dem Helpdesk die Referenz.
code-maintenance = Dieser Dienst ist wegen Wartung { $time ->
        [unknown] geschlossen
       *[other] bis { $time } geschlossen
    }
    .detail = Ihre Anfragen bleiben offen.
code-mandate_expired = { $role ->
        [unknown] Ihr Mandat ist beendet
       *[other] Ihr Mandat als { $role } bei { $body } endete am { $date }
    }
    .detail = Wählen Sie eine andere Eigenschaft oder wenden Sie sich an { $authority ->
        [unknown] Ihre Verwaltung
       *[other] { $authority }
    }.
code-mandate_source_unavailable = Wir können Ihre Rollen zurzeit nicht abrufen
    .detail = Versuchen Sie es in einigen Minuten erneut.
code-not_authorised = Sie haben keinen Zugang zu { $client ->
        [unknown] dieser Anwendung
       *[other] { $client }
    }
    .detail = { $capacity ->
        [unknown] { $name ->
            [unknown] Sie sind angemeldet.
           *[other] Sie sind angemeldet als { $name }.
        }
       *[other] Sie sind angemeldet als { $name }, { $capacity }.
    } Den Zugang beantragen Sie { $authority ->
        [unknown] beim Betreiber der Anwendung
       *[other] bei { $authority }
    }.
code-not_found = Diese Seite gibt es nicht
    .detail = Die Adresse ist falsch oder nicht für Sie bestimmt. Prüfen Sie den Link, dem Sie gefolgt sind.
code-not_your_turn = Sie sind mit dem Unterschreiben noch nicht an der Reihe
    .detail = Zuerst unterschreibt jemand anderes. Danach können Sie unterschreiben.
code-pcsc_denied = Dieses Programm darf das Kartenlesegerät nicht verwenden
    .detail = Bitten Sie Ihre IT-Abteilung um Zugriff auf den Smartcard-Dienst.
code-pcsc_unavailable = Der Smartcard-Dienst dieses Computers läuft nicht
    .detail = Schließen Sie Ihr Kartenlesegerät neu an oder starten Sie den Computer neu.
code-pin_blocked = Ihre Karte ist gesperrt
    .detail = Der PIN-Code war dreimal falsch. Ihre Gemeinde kann die Karte entsperren. Bringen Sie Ihre Karte mit und, falls noch vorhanden, den Brief mit Ihrem PUK-Code.
code-pin_cancelled = Sie haben abgebrochen
    .detail = Es wurde nichts gesendet oder unterschrieben.
code-pin_last_attempt = Achtung: Das ist Ihr letzter Versuch
    .detail = Ist der PIN-Code jetzt falsch, wird Ihre Karte gesperrt. Sind Sie nicht sicher? Brechen Sie ab und suchen Sie zuerst Ihren Code.
code-pin_length = Der PIN-Code hat { $min ->
        [unknown] 4 bis 12
       *[other] { $min } bis { $max }
    } Ziffern
    .detail = Das zählt nicht als Versuch.
code-pin_on_keypad = Geben Sie Ihren PIN-Code am Kartenlesegerät ein
    .detail = Drücken Sie danach auf dem Gerät auf OK.
code-pin_program_missing = Das PIN-Fenster konnte nicht geöffnet werden
    .detail = Das ist nicht Ihr Fehler. Melden Sie es dem Betreiber dieses Dienstes.
code-pin_timeout = Die Eingabe des PIN-Codes hat zu lange gedauert
    .detail = Es wurde nichts gesendet oder unterschrieben. Beginnen Sie diesen Schritt neu.
code-pin_wrong = Falscher PIN-Code
    .detail = { $left ->
        [unknown] Suchen Sie Ihren Code, bevor Sie es erneut versuchen.
        [one] Sie haben noch 1 Versuch.
       *[other] Sie haben noch { $left } Versuche.
    } Nach drei falschen Versuchen wird die Karte gesperrt.
code-reader_missing = Kein Kartenlesegerät gefunden
    .detail = Schließen Sie Ihr Kartenlesegerät an diesen Computer an. Diese Seite fährt automatisch fort.
code-reader_removed = Das Kartenlesegerät wurde getrennt
    .detail = Es wurde nichts gesendet oder unterschrieben. Schließen Sie das Gerät an und stecken Sie Ihre Karte wieder ein.
code-redirect_uri_unknown = Die Anwendung, die Sie hierher geschickt hat, ist nicht richtig eingestellt
    .detail = Das ist nicht Ihr Fehler. Melden Sie es dem Betreiber der Anwendung.
code-request_closed = Diese Anfrage ist abgeschlossen
    .detail = { $reason ->
        [unknown] Sie ist erledigt, zurückgezogen oder abgelaufen.
       *[other] { $reason }
    } Wenn das nicht stimmt, wenden Sie sich an { $requester ->
        [unknown] den Absender
       *[other] { $requester }
    }.
code-request_declined = Sie haben nicht unterschrieben
    .detail = { $requester ->
        [unknown] Der Absender
       *[other] { $requester }
    } wurde informiert.
code-request_invalid = Diese Anfrage ist nicht verständlich
    .detail = In der Adresse oder im Formular fehlt etwas oder ist etwas falsch. Gehen Sie zurück und versuchen Sie es erneut.
code-revocation_unavailable = Wir können Ihre Karte zurzeit nicht prüfen
    .detail = Der föderale Prüfdienst antwortet nicht. Mit Ihrer Karte ist alles in Ordnung. Versuchen Sie es in einigen Minuten erneut.
code-same_person = Sie haben schon in der anderen Rolle unterschrieben
    .detail = Eine Person kann dieses Dokument nicht zweimal unterschreiben. Die zweite Unterschrift muss von jemand anderem kommen.
code-seal_unavailable = Das Siegel der Organisation kann zurzeit nicht verwendet werden
    .detail = Es wurde nichts gesiegelt. Versuchen Sie es später erneut. Bleibt der Fehler, nennen Sie dem Helpdesk die Referenz.
code-server_busy = Im Augenblick läuft zu viel gleichzeitig
    .detail = Warten Sie einen Moment und versuchen Sie es erneut.
code-server_error = Bei uns ist ein Fehler aufgetreten
    .detail = Ihre Daten sind sicher. Versuchen Sie es erneut. Bleibt der Fehler, nennen Sie dem Helpdesk die Referenz.
code-several_cards = Es wurden mehrere Karten gefunden
    .detail = Wählen Sie die Karte, die Sie verwenden möchten.
code-signature_below_profile = Die Unterschrift erreicht nicht die verlangte Stufe
    .detail = Wir liefern das Dokument nicht aus. Das ist nicht Ihr Fehler. Nennen Sie dem Helpdesk die Referenz.
code-signature_failed = Ihre Unterschrift konnte nicht fertiggestellt werden
    .detail = Sie steht nicht im Dokument und zählt nicht. Die Anfrage ist abgeschlossen. Das ist nicht Ihr Fehler. { $requester ->
        [unknown] Der Absender muss
       *[other] { $requester } muss
    } das Dokument erneut senden.
code-signature_finishing = Eine Unterschrift wird gerade fertiggestellt
    .detail = Sie ist geleistet und geht nicht verloren. Versuchen Sie es erneut, sobald sie fertig ist.
code-signatures_missing = Es sind noch nicht alle Unterschriften da
    .detail = Das fertige Dokument ist da, sobald alle unterschrieben haben.
code-signer_without_authority = Sie dürfen dieses Dokument nicht unterschreiben{ $capacity ->
        [unknown] { "" }
       *[other] { " " }– als { $capacity }
    }
    .detail = { $reason ->
        [unknown] Ihre Rolle erlaubt das heute nicht.
       *[other] { $reason }
    } Es wurde nichts unterschrieben. Fragen? Wenden Sie sich an { $authority ->
        [unknown] Ihre Verwaltung
       *[other] { $authority }
    }.
code-timestamp_unavailable = Ihre Unterschrift ist geleistet, aber der Zeitstempel fehlt noch
    .detail = Wir versuchen es automatisch erneut. { $channel ->
        [unknown] Das fertige Dokument folgt.
       *[other] Sie erhalten das fertige Dokument über { $channel }.
    } Sie müssen nicht noch einmal unterschreiben.
code-too_many_attempts = Zu viele Versuche
    .detail = Warten Sie { $time ->
        [unknown] einige Minuten
       *[other] bis { $time }
    } und versuchen Sie es erneut.
code-touch_missing = Ihre Karte oder Ihr Schlüssel wartet auf eine Berührung
    .detail = Es wurde nichts unterschrieben. Versuchen Sie es erneut und berühren Sie sie, sobald sie blinkt.
code-trust_list_stale = Die Liste der anerkannten Anbieter ist { $date ->
        [unknown] veraltet
       *[other] vom { $date }
    }
    .detail = Ergebnisse können unvollständig sein, bis sie erneuert ist.

list-title = Dokumente zum Unterschreiben
list-choose = Sie unterschreiben alle angekreuzten Dokumente auf einmal.
list-read = Dokument lesen
list-read-one = Dokument lesen: { $title }
list-as = Sie unterschreiben als { $role }.
list-state-you = Wartet auf Ihre Unterschrift.
list-state-signed = Sie haben dieses Dokument unterschrieben.
list-state-later = Wartet auf eine andere Unterschrift.
list-state-closed = Diese Anfrage ist abgeschlossen.
list-others = { $count ->
        [one] 1 weiteres Dokument dieser Liste ist nur für andere bestimmt.
       *[other] { $count } weitere Dokumente dieser Liste sind nur für andere bestimmt.
    }
list-nothing = In dieser Liste wartet nichts auf Ihre Unterschrift.
list-fingerprint = Fingerabdruck der ganzen Liste (SHA-256)
list-pin-each = Sie geben Ihren PIN-Code für jedes Dokument ein, im PIN-Fenster auf diesem Computer.
list-back = Zurück zur Liste
list-signing-title = Ihre Karte unterschreibt
list-signing = Lassen Sie sie im Kartenleser.
list-signed-count = unterschrieben
list-finishing-title = Wir stellen Ihre Unterschriften fertig
list-finishing = Ihre Unterschriften sind geleistet. Wir fügen die Zeitstempel und die Nachweise hinzu. Sie dürfen diese Seite schließen.
list-done-title = { $count ->
        [one] Sie haben 1 Dokument unterschrieben
       *[other] Sie haben { $count } Dokumente unterschrieben
    }
list-done-lead = Ihre Unterschriften stehen in den Dokumenten. Sie wurden geprüft.
list-partly = { $signed } von { $total } unterschrieben.
list-partly-rest = Was unterschrieben ist, bleibt es. Die übrigen Dokumente warten noch auf Sie.
list-rest-action = Die übrigen unterschreiben
sign-done-container = Dieses Dokument wird mit anderen in einer Datei geliefert, für die die letzte Unterschrift gilt: { $name }.
sign-done-container-others = Die letzte Unterschrift steht in einer Datei, für dieses und andere Dokumente; wer sie geleistet hat, verfügt darüber. Das Dokument hier trägt die Unterschriften davor.
together-heading = Alles mit einer Unterschrift
together-why = Ihr Kartenleser oder Kartenprogramm leistet eine Unterschrift pro PIN-Code. Sie können diese Dokumente auch zusammen unterschreiben, mit einer Unterschrift und einem PIN-Code. Sie stehen dann in einer Datei (ASiC-E).
together-action = Alles mit einer Unterschrift unterschreiben
together-lead = Eine Unterschrift gilt für alle diese Dokumente zusammen. Sie werden in einer Datei (ASiC-E) geliefert, die jedes Dokument unverändert und Ihre Unterschrift über alle enthält.
together-fingerprint = Fingerabdruck aller Dokumente zusammen (SHA-256)
together-out-heading = Nicht enthalten
together-out-application = Die Anwendung, die danach fragt, nimmt dieses Dokument nur als unterschriebenes PDF an. Unterschreiben Sie es einzeln.
together-out-later_signers = Nach Ihnen unterschreiben noch andere dieses Dokument. Unterschreiben Sie es einzeln.
together-out-mention = Sie unterschreiben dieses Dokument für jemand anderen, und das muss im Dokument selbst über Ihrer Unterschrift zu lesen sein. Unterschreiben Sie es einzeln.
together-out-raised_at_end = Die früheren Unterschriften in diesem Dokument werden erst zusammen mit Ihrer fertiggestellt, im Dokument selbst. Unterschreiben Sie es einzeln.
together-pin = Sie geben Ihren PIN-Code einmal ein, auf dem Kartenleser oder im PIN-Fenster auf diesem Computer.
together-one-by-one = Einzeln unterschreiben
together-done-lead = Ihre Unterschrift gilt für alle diese Dokumente. Sie wurde geprüft.
together-download = Die Datei mit allen Dokumenten herunterladen: { $name }
card-sign = Mit Ihrer Karte auf diesem Computer
card-sign-hint = Stecken Sie Ihren Personalausweis in Ihren eigenen Kartenleser. Den PIN-Code geben Sie in einem eigenen Fenster ein. Prüfen Sie dort die Adresse dieser Website und was Sie unterschreiben.
card-sign-action = Mit meiner Karte unterschreiben
card-signing = Ihre Karte unterschreibt. Lassen Sie sie im Kartenleser und diese Seite geöffnet.
card-prints = Ihre Unterschrift gilt für diese Fingerabdrücke. Das Fenster auf Ihrem Computer zeigt dieselben. Sehen Sie andere? Brechen Sie dann ab.
