# Teksten van zegel in het Nederlands. Aanspreking: u. Zinnen onder vijftien woorden. Eén woord voor één ding.

## Datums en groottes

date = { $day } { $month ->
        [1] januari
        [2] februari
        [3] maart
        [4] april
        [5] mei
        [6] juni
        [7] juli
        [8] augustus
        [9] september
        [10] oktober
        [11] november
       *[12] december
    } { $year }
date-time = { $day } { $month ->
        [1] januari
        [2] februari
        [3] maart
        [4] april
        [5] mei
        [6] juni
        [7] juli
        [8] augustus
        [9] september
        [10] oktober
        [11] november
       *[12] december
    } { $year }, { $hour }.{ $minute } uur
size-byte = { $number ->
        [1] 1 byte
       *[other] { $number } bytes
    }
size-kilo = { $number } kB
size-mega = { $number } MB

## Pagina’s

skip-link = Naar de inhoud
language-nav = Taal
test-banner = Dit is een testomgeving. Niets van wat u hier doet, is rechtsgeldig.
footer-nav = Over deze dienst
footer-accessibility = Toegankelijkheid
footer-verify = Handtekening controleren
footer-help = Hulp nodig?
step-of = Stap { $current } van { $total }
step-list = Stappen
step-confirm = Bevestigen
step-pin = Pincode
step-capacity = Hoedanigheid
step-read = Lezen
step-done = Klaar
action-continue = Doorgaan
action-try-again = Opnieuw proberen
action-back = Terug
action-cancel = Annuleren
logged-in-as = Aangemeld als { $name }
log-out = Afmelden
logged-out-title = U bent afgemeld
logged-out-card = Neem uw identiteitskaart mee.
logged-out-applications = Meld u ook af in de toepassingen die u gebruikte. Die blijven anders aangemeld.

problem-code = Code
problem-reference = Referentie
problem-copy = Code en referentie kopiëren
problem-copied = Gekopieerd
problem-developer = Voor de beheerder van de toepassing

start-title = Aanmelden en ondertekenen met uw identiteitskaart
start-lead = Met deze dienst meldt u zich aan bij toepassingen van uw bestuur. U ondertekent er ook documenten mee.
start-how = U begint altijd in de toepassing zelf. Die stuurt u hierheen als u zich moet aanmelden of iets moet ondertekenen.
start-verify-heading = Kreeg u een ondertekend document?
start-verify-text = Hier ziet u wie het ondertekende, wanneer, en of het daarna is gewijzigd.
start-verify-action = Handtekening controleren

accessibility-title = Toegankelijkheid
accessibility-lead = We willen dat iedereen deze dienst kan gebruiken. Ons doel is WCAG 2.2, niveau AA.
accessibility-state-heading = Hoe ver staan we?
accessibility-state = Elke pagina wordt bij elke wijziging automatisch getest in vier talen. Een onafhankelijk onderzoek is nog niet gebeurd.
accessibility-known-heading = Wat kan beter?
accessibility-known = Documenten van anderen zijn niet altijd toegankelijk gemaakt. Daarom tonen we ook de tekst van het document.
accessibility-complaint-heading = Lukt iets niet?
accessibility-complaint = Laat het ons weten. We antwoorden binnen vijf werkdagen. Bent u niet tevreden met ons antwoord, dan kunt u terecht bij de ombudsdienst van uw overheid.
accessibility-contact = Contact: { $contact }
accessibility-date = Deze verklaring dateert van { $date }.

login-to = Aanmelden bij { $client }
login-requested-by = { $organisation } vraagt u om u aan te melden.
choose-counter = Met de kaartlezer van deze computer
choose-counter-hint = Steek uw identiteitskaart in de kaartlezer. De pincode geeft u in een apart venster in. Laat uw kaart zitten tot u klaar bent.
choose-card = Met uw kaart op deze computer
choose-card-hint = Steek uw identiteitskaart in uw eigen kaartlezer. De pincode geeft u in een apart venster in. Controleer daar het adres van deze site.
choose-card-action = Aanmelden met mijn kaart
choose-card-script = Deze manier heeft JavaScript nodig. Zet JavaScript aan en laad deze pagina opnieuw.
choose-card-first-time = De eerste keer op deze computer?
choose-card-install = U hebt een kaartlezer nodig en, eenmalig, deze programma's:
choose-card-web-eid = de Web eID-extensie met haar programma
choose-card-middleware = de eID-software van de federale overheid
choose-card-managed = Op een computer van uw bestuur zorgt uw IT-dienst hiervoor.
card-looking = We zoeken het kaartprogramma van deze computer.
card-pin = Er is een venster geopend op uw computer. Controleer het adres en geef daar uw pincode in.
shared-heading = Wat { $client } te zien krijgt
shared-name = Uw naam
shared-capacity = De hoedanigheid die u kiest
shared-national-number = Uw rijksregisternummer, omdat een wet dat toelaat
shared-log-in = Wanneer en hoe u zich aanmeldde, met een kenmerk dat alleen deze toepassing krijgt
short-code-heading = Uw controlecode
short-code-where = Kijk straks naar het pinvenster op deze computer. Geef uw pincode nooit in op een webpagina.
confirm-login-action = Pincode ingeven
waiting-title = Geef uw pincode in
waiting-pin = Er is een pinvenster geopend op deze computer. Controleer de code en geef daar uw pincode in.
waiting-card = Steek uw identiteitskaart in de kaartlezer. Deze pagina gaat vanzelf verder.
waiting-checking = We controleren uw certificaat.
waiting-slow = Dit duurt langer dan anders. U hoeft niets te doen.
waiting-noscript = Deze pagina ververst vanzelf om de drie seconden.
capacity-title = In welke hoedanigheid wilt u verder?
capacity-hello = U bent aangemeld als { $name }.
capacity-legend = Kies één hoedanigheid
capacity-until = Tot { $date }
capacity-acting = Waarnemend voor { $name }, tijdens afwezigheid
capacity-delegated = Met delegatie van handtekening van { $name }
capacity-required = Kies eerst een hoedanigheid.
error-summary = Er is een fout in het formulier
error-prefix = Fout: { $title }
share-title = Deze gegevens delen
share-action = Delen en doorgaan

sign-title = { $count ->
        [one] U wordt gevraagd een document te ondertekenen
       *[other] U wordt gevraagd { $count } documenten te ondertekenen
    }
sign-from = { $requester } vraagt uw handtekening.
sign-until = U kunt ondertekenen tot { $time }.
sign-capacity-heading = U ondertekent als
sign-capacity-basis = Op grond van: { $basis }
sign-mention = In de handtekening komt te staan: “{ $mention }”
sign-order-heading = Wie ondertekent
slot-signed = heeft ondertekend op { $time }
slot-you = dat bent u, nu
slot-waiting = moet nog ondertekenen
document-kind = Soort
document-pages = Pagina’s
later-heading = Blijft het geldig?
document-policy = Beoordeeld volgens
document-size = Grootte
document-fingerprint = Vingerafdruk (SHA-256)
document-fingerprint-base = Vingerafdruk zonder de handtekeningen die er al staan
document-original = Origineel downloaden (pdf)
document-preview-heading = Voorbeeld
document-preview-page = Pagina { $page } van { $total }; de tekst staat hieronder
document-text-heading = Tekst van het document
document-text-page = Pagina { $page }
document-text-none = Deze pagina bevat geen leesbare tekst. Bekijk het voorbeeld of het origineel.
document-signatures-heading = Handtekeningen die er al staan
document-signatures-none = Er staat nog geen handtekening in dit document.
sign-decline = Niet ondertekenen
confirm-sign-title = Ondertekening bevestigen
confirm-sign-lead-test = { $count ->
        [one] U zet een TEST-handtekening op 1 document.
       *[other] U zet een TEST-handtekening op { $count } documenten.
    }
confirm-sign-binding = Dat bindt u zoals een handtekening op papier.
confirm-sign-pin = U geeft uw pincode één keer in, in het pinvenster op deze computer.
confirm-sign-action = Ondertekenen met pincode
sign-waiting-pin = Er is een pinvenster geopend met de titel “Ondertekenen”. Controleer de code en het document, en geef daar uw pincode in.
finishing-title = We werken uw handtekening af
finishing-lead = Uw handtekening is gezet. We voegen de tijdstempel en de bewijzen toe.
finishing-safe = U mag deze pagina sluiten. Er gaat niets verloren. Neemt u uw kaart weg, dan bent u afgemeld.
sign-done-title = U hebt ondertekend
sign-done-lead = Uw handtekening staat in het document. Ze is gecontroleerd.
sign-done-next = Hierna ondertekent: { $slot }.
sign-done-complete = Alle handtekeningen staan erop.
ended-completed = Alle handtekeningen zijn gezet.
ended-declined = Een ondertekenaar heeft geweigerd.
ended-failed = Een handtekening kon niet worden afgewerkt.
ended-expired = De termijn is verstreken.
ended-withdrawn = De vraag is ingetrokken.
sign-done-incomplete = Dit document draagt niet alle vereiste handtekeningen.
sign-done-below = De handtekeningen erin tonen { $shown }, niet { $level }.
sign-done-raising = De handtekeningen erin tonen voorlopig { $shown }. Na de laatste wordt het document op { $level } gebracht; pas dan is het afgewerkt.
sign-done-download = Ondertekend document downloaden
sign-done-proof = Bewijs van bevoegdheid downloaden
sign-done-publication = Publicatieversie downloaden
sign-done-continue = Terug naar { $client }
decline-title = Niet ondertekenen
decline-lead = { $requester } krijgt te horen dat u niet ondertekent.
decline-reason = Reden (hoeft niet)
decline-reason-hint = { $requester } kan deze tekst lezen.
decline-back = Terug naar het document

verify-title = Handtekening controleren
verify-lead = Kies een ondertekend document. U ziet wie het ondertekende en of het daarna is gewijzigd.
verify-file = Ondertekend document
verify-file-hint = Een pdf, of een ondertekende xml, asice, asics, p7m of json, van hoogstens { $limit }. We bewaren het bestand niet.
verify-password = Wachtwoord van het document
verify-password-hint = Alleen voor een pdf die een wachtwoord vraagt als u hem opent. We gebruiken het één keer en bewaren het niet.
verify-action = Controleren
verify-file-missing = Kies eerst een bestand.
verify-result-title = Resultaat van de controle
verify-plan-missing = Let op: { $present } van de { $required } vereiste handtekeningen staan in dit document.
verify-result-count = { $count ->
        [one] Dit document bevat 1 handtekening.
       *[other] Dit document bevat { $count } handtekeningen.
    }
verify-none = Dit document is niet ondertekend.
verify-signature = Handtekening { $number }
outcome-passed = Geldig
outcome-indeterminate = Onbeslist
outcome-failed = Ongeldig
verdict-test = TEST-handtekening van { $name }, gezet op { $time }. Ze heeft geen juridische waarde.
verdict-indeterminate = Handtekening van { $name }: er ontbreekt bewijs.
verdict-failed = Handtekening van { $name } is niet geldig.
changes-none = Het document is daarna niet gewijzigd.
changes-allowed = Daarna kwamen er alleen handtekeningen en bewijzen bij.
changes-filled = Daarna werden velden van het formulier ingevuld of gegevens over het document aangepast. Kijk bij de details.
changes-other = Het document is gewijzigd na deze handtekening.
details = Details
detail-level = Niveau
level-proven = daarvan is nu bewezen: { $level }
level-proven-none = daarvan is nu niets bewezen
detail-signing-time = Tijdstip volgens de ondertekenaar
detail-proven-time = Bewezen tijdstip (tijdstempel)
detail-certificate = Wat het certificaat zegt
detail-claimed = Wat de ondertekenaar verklaarde
detail-policy = Handtekeningbeleid
detail-attested = Wat het bestuur bevestigde
detail-decision = Op grond van besluit
detail-reason = Waarom
detail-indication = Indicatie
detail-covers = Deel van het document
covers-whole = Het hele document
verify-again = Een ander document controleren
verify-checked-at = Gecontroleerd op { $time }.

login-own = Aanmelden om verder te gaan
login-own-lead = We moeten eerst weten wie u bent.
choose-confirm = U meldt zich aan als de houder van de kaart in de kaartlezer.
short-code-same = In het pinvenster moet dezelfde code staan. Ziet u een andere code? Annuleer dan.
waiting-until = U hebt de tijd tot { $time }.
share-choose-lead = { $client } ontvangt daarna deze gegevens over u:
confirm-sign-lead = { $count ->
        [one] U zet uw elektronische handtekening op 1 document.
       *[other] U zet uw elektronische handtekening op { $count } documenten.
    }
verdict-passed = Elektronische handtekening van { $name }, gezet op { $time }.
name-unknown = een onbekende ondertekenaar
attested-verified = { $capacity }, bevestigd op het moment van ondertekenen.
attested-key-missing = Er staat een bevestiging in, maar de sleutel van het bestuur ontbreekt.
attested-invalid = De bevestiging in deze handtekening klopt niet.
attested-other = De bevestiging gaat over een ander document of een andere persoon.
attested-other-time = { $capacity }, maar niet bevestigd op het bewezen tijdstip van ondertekenen.
attested-none = Geen bevestiging van een bestuur.
issuer = Uitgever
validity = Geldig van { $from } tot { $until }
none-given = Niets
time-stamps-heading = Tijdstempels van het document
verify-laboratory = Dit resultaat steunt op TEST-certificaten. Het geldt alleen in het laboratorium.
verify-file-format = Vraag de afzender om een nieuw exemplaar.
covers-version = De versie die toen bestond
covers-part = Niet het hele bestand

## Toestanden en fouten

code-agent_missing = Het kaartprogramma staat niet op deze computer
    .detail = Installeer het één keer; daarna kan deze pagina uw kaartlezer gebruiken.
code-agent_outdated = Het kaartprogramma is te oud
    .detail = { $needed ->
        [unknown] Er is een nieuwere versie nodig.
       *[other] Versie { $found } staat op deze computer, versie { $needed } of later is nodig.
    }
code-agent_stopped = Het kaartprogramma is onverwacht gestopt
    .detail = Probeer het opnieuw. Gebeurt het nog eens, start dan uw browser opnieuw.
code-already_signed = U hebt dit document al ondertekend{ $date ->
        [unknown] { "" }
       *[other] { " " }op { $date }
    }
    .detail = Opnieuw ondertekenen kan, maar is niet nodig.
code-already_waiting = Uw kaart wordt al gebruikt in een ander venster
    .detail = Werk het daar af of annuleer het, en probeer het hier opnieuw.
code-browser_unsupported = Deze browser wordt niet ondersteund
    .detail = Gebruik een recente versie van { $browsers ->
        [unknown] Firefox, Chrome, Edge of Safari
       *[other] { $browsers }
    }.
code-card_busy = Een ander programma gebruikt uw kaart
    .detail = Sluit andere programma's of tabbladen die de kaart gebruiken, zoals eID Viewer.
code-card_changed = Dit is een andere kaart dan waarmee u begon
    .detail = Steek de eerste kaart weer in, of begin opnieuw met deze kaart.
code-card_missing = Er zit geen kaart in de kaartlezer
    .detail = Steek uw identiteitskaart in de kaartlezer, met de chip naar voren. Deze pagina gaat vanzelf verder.
code-card_not_activated = Deze kaart is nog niet geactiveerd
    .detail = Laat ze eerst activeren door uw gemeente.
code-card_removed = De kaart is te vroeg uit de kaartlezer gehaald
    .detail = Er is niets ondertekend. Steek dezelfde kaart er weer in en begin deze stap opnieuw.
code-card_unreadable = De kaart kan niet worden gelezen
    .detail = Kijk of de chip schoon is en de kaart goed zit. Lukt het ook niet met een andere kaartlezer, laat de kaart dan nakijken door uw gemeente.
code-card_unsupported = Deze kaart kunt u hier niet gebruiken
    .detail = U kunt gebruiken: { $cards ->
        [unknown] een Belgische identiteitskaart (eID)
       *[other] { $cards }
    }.
code-certificate_expired = Uw kaart of het certificaat erop is verlopen{ $date ->
        [unknown] { "" }
       *[other] { " " }op { $date }
    }
    .detail = Vraag een nieuwe kaart aan bij uw gemeente.
code-certificate_missing = Deze kaart heeft hiervoor geen certificaat
    .detail = Met een kaart van een kind, of als de houder geen certificaten wilde, { $act ->
        [unknown] lukt dit niet
       *[other] kunt u niet { $act }
    }.
code-certificate_not_yet_valid = U kunt uw kaart nu niet gebruiken
    .detail = Neem contact op met uw gemeente als u niet weet waarom.
code-certificate_revoked = U kunt uw kaart nu niet gebruiken
    .detail = Neem contact op met uw gemeente als u niet weet waarom.
code-certificate_suspended = U kunt uw kaart nu niet gebruiken
    .detail = Neem contact op met uw gemeente als u niet weet waarom.
code-certificate_untrusted = U kunt uw kaart nu niet gebruiken
    .detail = Neem contact op met uw gemeente als u niet weet waarom.
code-certificate_wrong_person = Deze vraag is voor { $name ->
        [unknown] iemand anders
       *[other] { $name }
    }
    .detail = De kaart in de kaartlezer is van iemand anders.
code-client_unknown = De toepassing die u hierheen stuurde, is niet goed ingesteld
    .detail = Dit is niet uw fout. Meld het aan de beheerder van de toepassing.
code-counter_only_here = Deze kaartlezer kunt u van hieruit niet gebruiken
    .detail = De kaartlezer van deze dienst werkt alleen op de computer waarop hij is aangesloten. Kies een andere manier of ga naar die computer.
code-csrf_failed = Deze pagina was niet meer geldig
    .detail = Er is niets verstuurd of ondertekend. Ga terug, laad de pagina opnieuw en probeer het nog eens.
code-document_changed = Het document is intussen gewijzigd
    .detail = Het is niet het document dat u zag. Er is niets ondertekend. Open de vraag opnieuw en lees het document eerst.
code-document_damaged = Dit bestand is beschadigd of onvolledig
    .detail = Vraag de afzender om een nieuw exemplaar.
code-document_empty = Dit bestand is leeg
    .detail = Er staat niets in. Kies een ander bestand of vraag de afzender om een nieuw exemplaar.
code-document_active = Dit document kan iets anders tonen dan wat u zou ondertekenen
    .detail = Het bevat scripts, verborgen lagen of velden die pas bij het openen worden getekend. Vraag de afzender om een versie zonder.
code-document_final = Een eerdere handtekening heeft dit document afgesloten
    .detail = Er kan geen handtekening meer bij.
code-document_password = Deze pdf gaat alleen met het wachtwoord open
    .detail = Geef het wachtwoord op om de pdf te laten controleren. Om te ondertekenen is een exemplaar zonder wachtwoord nodig.
code-document_password_wrong = Dit wachtwoord opent deze pdf niet
    .detail = Let op hoofdletters en kleine letters. Kies het bestand opnieuw en geef het wachtwoord op.
code-document_protected = Deze pdf is beveiligd met een wachtwoord of laat geen handtekening toe
    .detail = Vraag de afzender om een onbeveiligd exemplaar.
code-document_signature_invalid = Dit document bevat al een ongeldige handtekening
    .detail = Vraag eerst uitleg aan de afzender.
code-document_too_large = Dit bestand is te groot
    .detail = { $size ->
        [unknown] Gebruik een kleiner bestand.
       *[other] Het is { $size }, de grens is { $limit }.
    }
code-document_type = Dit soort bestand kunt u hier niet gebruiken
    .detail = U kunt { $types ->
        [unknown] pdf-bestanden
       *[other] { $types }
    } gebruiken.
code-extension_missing = De browserextensie ontbreekt of staat uit
    .detail = Installeer de Web eID-extensie of zet ze aan, en kom dan terug naar deze pagina.
code-extension_outdated = De browserextensie is te oud
    .detail = Werk de Web eID-extensie bij en kom dan terug naar deze pagina.
code-list_changed = Een van de documenten is niet meer wat u zag
    .detail = Eén handtekening geldt voor alle documenten samen, zoals ze getoond werden. Daarom is er niets ondertekend. Ga terug naar de lijst en bevestig opnieuw.
code-login_elsewhere_finished = Deze aanmelding is al gebruikt
    .detail = Ga terug naar { $client ->
        [unknown] de toepassing
       *[other] { $client }
    }. Misschien bent u al aangemeld.
code-login_expired = Het aanmelden duurde te lang en is voor uw veiligheid gestopt
    .detail = Ga terug naar { $client ->
        [unknown] de toepassing
       *[other] { $client }
    } en meld u opnieuw aan.
code-login_refused = We konden u niet aanmelden
    .detail = Het antwoord van uw kaart is niet aanvaard. Probeer het opnieuw. Blijft het misgaan, geef dan de referentie door aan de helpdesk.
code-maintenance = Deze dienst is gesloten voor onderhoud{ $time ->
        [unknown] { "" }
       *[other] { " " }tot { $time }
    }
    .detail = Uw aanvragen blijven openstaan.
code-mandate_expired = { $role ->
        [unknown] Uw mandaat is geëindigd
       *[other] Uw mandaat als { $role } bij { $body } is geëindigd op { $date }
    }
    .detail = Kies een andere hoedanigheid of neem contact op met { $authority ->
        [unknown] uw bestuur
       *[other] { $authority }
    }.
code-mandate_source_unavailable = We kunnen uw rollen nu niet opzoeken
    .detail = Probeer het over enkele minuten opnieuw.
code-not_authorised = U hebt geen toegang tot { $client ->
        [unknown] deze toepassing
       *[other] { $client }
    }
    .detail = { $capacity ->
        [unknown] { $name ->
            [unknown] U bent aangemeld.
           *[other] U bent aangemeld als { $name }.
        }
       *[other] U bent aangemeld als { $name }, { $capacity }.
    } Toegang vraagt u aan bij { $authority ->
        [unknown] de beheerder van de toepassing
       *[other] { $authority }
    }.
code-not_found = Deze pagina bestaat niet
    .detail = Het adres klopt niet, of het is niet voor u bedoeld. Controleer de link die u volgde.
code-not_your_turn = U bent nog niet aan de beurt om te ondertekenen
    .detail = Iemand anders ondertekent eerst. Daarna kunt u ondertekenen.
code-pcsc_denied = Dit programma mag de kaartlezer niet gebruiken
    .detail = Vraag uw IT-dienst om toegang te geven tot de smartcarddienst.
code-pcsc_unavailable = De smartcarddienst van deze computer werkt niet
    .detail = Sluit uw kaartlezer opnieuw aan of start de computer opnieuw.
code-pin_blocked = Uw kaart is geblokkeerd
    .detail = De pincode was drie keer fout. Uw gemeente kan de kaart deblokkeren. Neem uw kaart mee en, als u die nog hebt, de brief met uw pukcode.
code-pin_cancelled = U hebt geannuleerd
    .detail = Er is niets verstuurd of ondertekend.
code-pin_last_attempt = Let op: dit is uw laatste poging
    .detail = Is de pincode nu fout, dan wordt uw kaart geblokkeerd. Twijfelt u? Annuleer en zoek eerst uw code op.
code-pin_length = De pincode heeft { $min ->
        [unknown] 4 tot 12
       *[other] { $min } tot { $max }
    } cijfers
    .detail = Dit kostte u geen poging.
code-pin_on_keypad = Geef uw pincode in op de kaartlezer
    .detail = Druk daarna op OK op de kaartlezer.
code-pin_program_missing = Het pinvenster kon niet worden geopend
    .detail = Dit is niet uw fout. Meld het aan de beheerder van deze dienst.
code-pin_timeout = Het ingeven van de pincode duurde te lang
    .detail = Er is niets verstuurd of ondertekend. Begin deze stap opnieuw.
code-pin_wrong = Verkeerde pincode
    .detail = { $left ->
        [unknown] Zoek uw code op voor u opnieuw probeert.
        [one] U hebt nog 1 poging.
       *[other] U hebt nog { $left } pogingen.
    } Na drie verkeerde pogingen wordt de kaart geblokkeerd.
code-reader_missing = Geen kaartlezer gevonden
    .detail = Sluit uw kaartlezer aan op deze computer. Deze pagina gaat vanzelf verder.
code-reader_removed = De kaartlezer is losgekoppeld
    .detail = Er is niets verstuurd of ondertekend. Sluit de kaartlezer aan en steek uw kaart er weer in.
code-redirect_uri_unknown = De toepassing die u hierheen stuurde, is niet goed ingesteld
    .detail = Dit is niet uw fout. Meld het aan de beheerder van de toepassing.
code-request_closed = Deze vraag is afgesloten
    .detail = { $reason ->
        [unknown] Ze is afgewerkt, ingetrokken of verlopen.
       *[other] { $reason }
    } Klopt dit niet? Neem contact op met { $requester ->
        [unknown] de afzender
       *[other] { $requester }
    }.
code-request_declined = U hebt niet ondertekend
    .detail = { $requester ->
        [unknown] De afzender
       *[other] { $requester }
    } is op de hoogte gebracht.
code-request_invalid = Deze aanvraag is niet te begrijpen
    .detail = Er ontbreekt iets in het adres of het formulier, of er is iets fout. Ga terug en probeer het opnieuw.
code-revocation_unavailable = We kunnen uw kaart nu niet controleren
    .detail = De federale controledienst antwoordt niet. Er is niets mis met uw kaart. Probeer het over enkele minuten opnieuw.
code-same_person = U hebt al ondertekend in de andere rol
    .detail = Eén persoon kan dit document niet twee keer ondertekenen. De tweede handtekening moet van iemand anders zijn.
code-seal_unavailable = Het zegel van de organisatie kan nu niet gebruikt worden
    .detail = Er is niets verzegeld. Probeer het later opnieuw. Blijft het misgaan, geef dan de referentie door aan de helpdesk.
code-server_busy = Er loopt op dit ogenblik te veel tegelijk
    .detail = Wacht even en probeer het opnieuw.
code-server_error = Er ging iets mis bij ons
    .detail = Uw gegevens zijn veilig. Probeer het opnieuw. Blijft het misgaan, geef dan de referentie door aan de helpdesk.
code-several_cards = Er zijn meerdere kaarten gevonden
    .detail = Kies de kaart die u wilt gebruiken.
code-signature_below_profile = De handtekening haalt het gevraagde niveau niet
    .detail = We leveren het document niet af. Dit is niet uw fout. Geef de referentie door aan de helpdesk.
code-signature_failed = Uw handtekening kon niet worden afgewerkt
    .detail = Ze staat niet in het document en telt niet. De vraag is afgesloten. Dit is niet uw fout. { $requester ->
        [unknown] De afzender moet
       *[other] { $requester } moet
    } het document opnieuw sturen.
code-signature_finishing = Er wordt net een handtekening afgewerkt
    .detail = Ze is gezet en gaat niet verloren. Probeer het opnieuw als ze klaar is.
code-signatures_missing = De handtekeningen staan er nog niet allemaal
    .detail = Het afgewerkte document is er zodra iedereen heeft ondertekend.
code-signer_without_authority = U mag dit document niet ondertekenen{ $capacity ->
        [unknown] { "" }
       *[other] { " " }als { $capacity }
    }
    .detail = { $reason ->
        [unknown] Uw rol laat dat vandaag niet toe.
       *[other] { $reason }
    } Er is niets ondertekend. Vragen? Neem contact op met { $authority ->
        [unknown] uw bestuur
       *[other] { $authority }
    }.
code-timestamp_unavailable = Uw handtekening is gezet, maar de tijdstempel ontbreekt nog
    .detail = We proberen het vanzelf opnieuw. { $channel ->
        [unknown] Het afgewerkte document volgt.
       *[other] U krijgt het afgewerkte document via { $channel }.
    } U hoeft niet opnieuw te ondertekenen.
code-too_many_attempts = Te veel pogingen
    .detail = Wacht { $time ->
        [unknown] enkele minuten
       *[other] tot { $time }
    } en probeer het opnieuw.
code-touch_missing = Uw kaart of sleutel wacht op een aanraking
    .detail = Er is niets ondertekend. Probeer opnieuw en raak ze aan zodra ze knippert.
code-trust_list_stale = De lijst van erkende dienstverleners is { $date ->
        [unknown] verouderd
       *[other] van { $date }
    }
    .detail = Resultaten kunnen onvolledig zijn tot ze is vernieuwd.

list-title = Documenten om te ondertekenen
list-choose = U ondertekent in één keer alle documenten die aangevinkt zijn.
list-read = Document lezen
list-read-one = Document lezen: { $title }
list-as = U ondertekent als { $role }.
list-state-you = Wacht op uw handtekening.
list-state-signed = U hebt dit document ondertekend.
list-state-later = Wacht op een andere handtekening.
list-state-closed = Deze vraag is afgesloten.
list-others = { $count ->
        [one] Nog 1 document van deze lijst is alleen voor anderen.
       *[other] Nog { $count } documenten van deze lijst zijn alleen voor anderen.
    }
list-nothing = In deze lijst wacht niets op uw handtekening.
list-fingerprint = Vingerafdruk van de hele lijst (SHA-256)
list-pin-each = U geeft uw pincode in voor elk document, in het pinvenster op deze computer.
list-back = Terug naar de lijst
list-signing-title = Uw kaart ondertekent
list-signing = Laat ze in de kaartlezer.
list-signed-count = ondertekend
list-finishing-title = We werken uw handtekeningen af
list-finishing = Uw handtekeningen zijn gezet. We voegen de tijdstempels en de bewijzen toe. U mag deze pagina sluiten.
list-done-title = { $count ->
        [one] U hebt 1 document ondertekend
       *[other] U hebt { $count } documenten ondertekend
    }
list-done-lead = Uw handtekeningen staan in de documenten. Ze zijn gecontroleerd.
list-partly = { $signed } van { $total } ondertekend.
list-partly-rest = Wat ondertekend is, blijft ondertekend. De rest wacht nog op u.
list-rest-action = De rest ondertekenen
sign-done-container = Dit document wordt samen met andere geleverd in één bestand, waarvoor de laatste handtekening geldt: { $name }.
sign-done-container-others = De laatste handtekening staat in één bestand, over dit document en andere; wie ze plaatste, heeft dat bestand. Het document hier draagt de handtekeningen ervoor.
together-heading = Alles met één handtekening
together-why = Uw kaartlezer of kaartprogramma zet één handtekening per pincode. U kunt deze documenten ook samen ondertekenen, met één handtekening en één pincode. Ze staan dan in één bestand (ASiC-E).
together-action = Alles met één handtekening ondertekenen
together-lead = Eén handtekening geldt voor al deze documenten samen. Ze worden geleverd in één bestand (ASiC-E), met elk document zoals het is en uw handtekening over alle documenten.
together-fingerprint = Vingerafdruk van alle documenten samen (SHA-256)
together-out-heading = Niet inbegrepen
together-out-application = De toepassing die het vraagt, aanvaardt dit document alleen als ondertekende pdf. Onderteken het apart.
together-out-later_signers = Na u ondertekenen nog anderen dit document. Onderteken het apart.
together-out-mention = U ondertekent dit document voor iemand anders, en dat moet boven uw handtekening in het document zelf te lezen zijn. Onderteken het apart.
together-out-raised_at_end = De eerdere handtekeningen in dit document worden pas samen met de uwe afgewerkt, in het document zelf. Onderteken het apart.
together-pin = U geeft uw pincode één keer in, op de kaartlezer of in het pinvenster op deze computer.
together-one-by-one = Eén voor één ondertekenen
together-done-lead = Uw handtekening geldt voor al deze documenten. Ze is gecontroleerd.
together-download = Het bestand met alle documenten downloaden: { $name }
card-sign = Met uw kaart op deze computer
card-sign-hint = Steek uw identiteitskaart in uw eigen kaartlezer. De pincode geeft u in een apart venster in. Controleer daar het adres van deze site en wat u ondertekent.
card-sign-action = Ondertekenen met mijn kaart
card-signing = Uw kaart ondertekent. Laat ze in de kaartlezer en deze pagina open.
card-prints = Uw handtekening komt op deze vingerafdrukken te staan. Het venster op uw computer toont dezelfde. Ziet u andere? Annuleer dan.
