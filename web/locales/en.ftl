# Texts of zegel in English. Form of address: you. Sentences under fifteen words. One word for one thing.

## Dates and sizes

date = { $day } { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $year }
date-time = { $day } { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $year }, { $hour }:{ $minute }
size-byte = { $number ->
        [1] 1 byte
       *[other] { $number } bytes
    }
size-kilo = { $number } kB
size-mega = { $number } MB

## Pages

skip-link = Skip to the content
language-nav = Language
test-banner = This is a test environment. Nothing you do here has legal effect.
footer-nav = About this service
footer-accessibility = Accessibility
footer-verify = Verify a signature
footer-help = Need help?
step-of = Step { $current } of { $total }
step-list = Steps
step-confirm = Confirm
step-pin = PIN code
step-capacity = Capacity
step-read = Read
step-done = Done
action-continue = Continue
action-try-again = Try again
action-back = Back
action-cancel = Cancel
logged-in-as = Logged in as { $name }
log-out = Log out
logged-out-title = You are logged out
logged-out-card = Take your eID card with you.
logged-out-applications = Log out of the applications that you used as well. Otherwise you stay logged in there.

problem-code = Code
problem-reference = Reference
problem-copy = Copy code and reference
problem-copied = Copied
problem-developer = For the people who run the application

start-title = Log in and sign with your eID card
start-lead = This service logs you in to the applications of your board. You also sign documents with it.
start-how = You always start in the application itself. It sends you here to log in or to sign.
start-verify-heading = Did you receive a signed document?
start-verify-text = See who signed it, when, and whether it was changed afterwards.
start-verify-action = Verify a signature

accessibility-title = Accessibility
accessibility-lead = We want everyone to be able to use this service. Our aim is WCAG 2.2, level AA.
accessibility-state-heading = Where do we stand?
accessibility-state = Every page is tested automatically at every change, in four languages. There has been no independent audit yet.
accessibility-known-heading = What can be better?
accessibility-known = Documents made by others are not always accessible. That is why we also show their text.
accessibility-complaint-heading = Is something not working?
accessibility-complaint = Let us know. We answer within five working days. If our answer does not satisfy you, turn to the ombudsman of your authority.
accessibility-contact = Contact: { $contact }
accessibility-date = This statement was made on { $date }.

login-to = Log in to { $client }
login-requested-by = { $organisation } asks you to log in.
choose-counter = With the card reader of this computer
choose-counter-hint = Put your eID card in the reader. You enter the PIN code in a separate window. Leave your card in the reader until you are done.
choose-card = With your card on this computer
choose-card-hint = Put your eID card in your own card reader. You enter the PIN code in a separate window. Check the address of this site there.
choose-card-action = Log in with my card
choose-card-script = This way needs JavaScript. Switch JavaScript on and reload this page.
choose-card-first-time = The first time on this computer?
choose-card-install = You need a card reader and, once, these programs:
choose-card-web-eid = the Web eID extension with its program
choose-card-middleware = the eID software of the federal government
choose-card-managed = On a computer of your authority, your IT service takes care of this.
card-looking = We are looking for the card program of this computer.
card-pin = A window has opened on your computer. Check the address and enter your PIN code there.
shared-heading = What { $client } will see
shared-name = Your name
shared-capacity = The capacity you choose
shared-national-number = Your national register number, because a law allows it
shared-log-in = When and how you logged in, with an identifier for this application only
short-code-heading = Your check code
short-code-where = Next, look at the PIN window on this computer. Never enter your PIN code on a web page.
confirm-login-action = Enter the PIN code
waiting-title = Enter your PIN code
waiting-pin = A PIN window has opened on this computer. Check the code and enter your PIN code there.
waiting-card = Put your eID card in the reader. This page continues by itself.
waiting-checking = We are checking your certificate.
waiting-slow = This is taking longer than usual. You need not do anything.
waiting-noscript = This page reloads every three seconds.
capacity-title = In which capacity do you want to continue?
capacity-hello = You are logged in as { $name }.
capacity-legend = Choose one capacity
capacity-until = Until { $date }
capacity-acting = Acting for { $name }, who is absent
capacity-delegated = By delegation of signature from { $name }
capacity-required = Choose a capacity first.
error-summary = There is a mistake in the form
error-prefix = Error: { $title }
share-title = Share this information
share-action = Share and continue

sign-title = { $count ->
        [one] You are asked to sign a document
       *[other] You are asked to sign { $count } documents
    }
sign-from = { $requester } asks for your signature.
sign-until = You can sign until { $time }.
sign-capacity-heading = You sign as
sign-capacity-basis = On the basis of: { $basis }
sign-mention = The signature will say: “{ $mention }”
sign-order-heading = Who signs
slot-signed = signed on { $time }
slot-you = that is you, now
slot-waiting = has yet to sign
document-kind = Kind
document-pages = Pages
later-heading = Will it stay valid?
document-policy = Judged by
document-size = Size
document-fingerprint = Fingerprint (SHA-256)
document-fingerprint-base = Fingerprint without the signatures already there
document-original = Download the original (PDF)
document-preview-heading = Preview
document-preview-page = Page { $page } of { $total }; its text is below
document-text-heading = Text of the document
document-text-page = Page { $page }
document-text-none = This page has no readable text. Look at the preview or the original.
document-signatures-heading = Signatures already present
document-signatures-none = This document has no signature yet.
sign-decline = Decline to sign
confirm-sign-title = Confirm your signature
confirm-sign-lead-test = { $count ->
        [one] You place a TEST signature on 1 document.
       *[other] You place a TEST signature on { $count } documents.
    }
confirm-sign-binding = It binds you like a signature on paper.
confirm-sign-pin = You enter your PIN code once, in the PIN window on this computer.
confirm-sign-action = Sign with the PIN code
sign-waiting-pin = A PIN window headed “Sign” has opened. Check the code and the document, and enter your PIN code there.
finishing-title = We are finishing your signature
finishing-lead = Your signature is placed. We are adding the time stamp and the proof.
finishing-safe = You may close this page. Nothing is lost. If you take your card out, you are logged out.
sign-done-title = You have signed
sign-done-lead = Your signature is in the document. It has been checked.
sign-done-next = Next to sign: { $slot }.
sign-done-complete = All signatures are in place.
ended-completed = All signatures are in place.
ended-declined = A signer declined.
ended-failed = A signature could not be finished.
ended-expired = Its time is over.
ended-withdrawn = The request was withdrawn.
sign-done-incomplete = This document does not carry all the signatures it needs.
sign-done-below = The signatures in it show { $shown }, not { $level }.
sign-done-raising = So far the signatures in it show { $shown }. After the last one the document is raised to { $level }; only then does it count as finished.
sign-done-download = Download signed document
sign-done-proof = Download proof of authority
sign-done-publication = Download publication copy
sign-done-continue = Back to { $client }
decline-title = Decline to sign
decline-lead = { $requester } will be told that you decline to sign.
decline-reason = Reason (optional)
decline-reason-hint = { $requester } can read this text.
decline-back = Back to the document

verify-title = Verify a signature
verify-lead = Choose a signed document. You will see who signed it and whether it was changed afterwards.
verify-file = Signed document
verify-file-hint = A PDF, or a signed xml, asice, asics, p7m or json file, of at most { $limit }. We do not keep the file.
verify-password = Password of the document
verify-password-hint = Only for a PDF that asks for a password when you open it. We use it once and do not keep it.
verify-action = Verify
verify-file-missing = Choose a file first.
verify-result-title = Result of the check
verify-plan-missing = Note: this document carries { $present } of the { $required } signatures it needs.
verify-result-count = { $count ->
        [one] This document has 1 signature.
       *[other] This document has { $count } signatures.
    }
verify-none = This document is not signed.
verify-signature = Signature { $number }
outcome-passed = Valid
outcome-indeterminate = Undecided
outcome-failed = Not valid
verdict-test = TEST signature of { $name }, placed on { $time }. It has no legal value.
verdict-indeterminate = Signature of { $name }: some proof is missing.
verdict-failed = The signature of { $name } is not valid.
changes-none = The document was not changed afterwards.
changes-allowed = Afterwards, only signatures and proof were added.
changes-filled = After it, fields of the form were filled in or facts about the document changed. Look at the details.
changes-other = The document was changed after this signature.
details = Details
detail-level = Level
level-proven = of which is proven now: { $level }
level-proven-none = of which nothing is proven now
detail-signing-time = Time claimed by the signer
detail-proven-time = Proven time (time stamp)
detail-certificate = What the certificate says
detail-claimed = What the signer claimed
detail-policy = Signature policy
detail-attested = What the authority attested
detail-decision = By decision
detail-reason = Why
detail-indication = Indication
detail-covers = Part of the document
covers-whole = The whole document
verify-again = Verify another document
verify-checked-at = Checked on { $time }.

login-own = Log in to continue
login-own-lead = We need to know who you are first.
choose-confirm = You log in as the holder of the card in the reader.
short-code-same = The PIN window must show the same code. Do you see another code? Then cancel.
waiting-until = You have until { $time }.
share-choose-lead = { $client } then receives this information about you:
confirm-sign-lead = { $count ->
        [one] You place your electronic signature on 1 document.
       *[other] You place your electronic signature on { $count } documents.
    }
verdict-passed = Electronic signature of { $name }, placed on { $time }.
name-unknown = an unknown signer
attested-verified = { $capacity }, attested at the moment of signing.
attested-key-missing = There is an attestation, but the key of the authority is missing.
attested-invalid = The attestation in this signature is not correct.
attested-other = The attestation is about another document or another person.
attested-other-time = { $capacity }, but not confirmed at the proven time of signing.
attested-none = No attestation by an authority.
issuer = Issuer
validity = Valid from { $from } to { $until }
none-given = Nothing
time-stamps-heading = Time stamps of the document
verify-laboratory = This result relies on TEST certificates. It counts in the laboratory only.
verify-file-format = Ask the sender for a new copy.
covers-version = The version of that moment
covers-part = Not the whole file

## States and errors

code-agent_missing = The card program is not installed on this computer
    .detail = Install it once; then this page can use your card reader.
code-agent_outdated = The card program is too old
    .detail = { $needed ->
        [unknown] A newer version is needed.
       *[other] Version { $found } is installed, version { $needed } or later is needed.
    }
code-agent_stopped = The card program stopped unexpectedly
    .detail = Try again. If it happens twice, restart your browser.
code-already_signed = You already signed this document{ $date ->
        [unknown] { "" }
       *[other] { " " }on { $date }
    }
    .detail = You can sign again, but it is not needed.
code-already_waiting = Your card is already being used in another window
    .detail = Finish or cancel there, then try again here.
code-browser_unsupported = This browser is not supported
    .detail = Use a recent version of { $browsers ->
        [unknown] Firefox, Chrome, Edge or Safari
       *[other] { $browsers }
    }.
code-card_busy = Another program is using your card
    .detail = Close other programs or browser tabs that use the card, such as eID Viewer.
code-card_changed = This is another card than the one you started with
    .detail = Put the first card back, or start again with this card.
code-card_missing = No card in the reader
    .detail = Put your eID card in the reader, chip first. This page continues by itself.
code-card_not_activated = This card is not activated yet
    .detail = Activate it at your municipality first.
code-card_removed = The card was removed too early
    .detail = Nothing was signed. Put the same card back and start this step again.
code-card_unreadable = The card cannot be read
    .detail = Check that the chip is clean and the card is the right way round. If another reader fails too, ask your municipality to check the card.
code-card_unsupported = This card cannot be used here
    .detail = You can use: { $cards ->
        [unknown] a Belgian eID card
       *[other] { $cards }
    }.
code-certificate_expired = Your card or its certificate { $date ->
        [unknown] has expired
       *[other] expired on { $date }
    }
    .detail = Ask your municipality for a new card.
code-certificate_missing = This card has no certificate for this
    .detail = Cards of children, and cards whose holder declined certificates, cannot be used { $act ->
        [unknown] for this
       *[other] to { $act }
    }.
code-certificate_not_yet_valid = Your card cannot be used now
    .detail = Contact your municipality if you do not know why.
code-certificate_revoked = Your card cannot be used now
    .detail = Contact your municipality if you do not know why.
code-certificate_suspended = Your card cannot be used now
    .detail = Contact your municipality if you do not know why.
code-certificate_untrusted = Your card cannot be used now
    .detail = Contact your municipality if you do not know why.
code-certificate_wrong_person = This request is for { $name ->
        [unknown] somebody else
       *[other] { $name }
    }
    .detail = The card in the reader belongs to somebody else.
code-client_unknown = The application that sent you here is not set up correctly
    .detail = This is not your fault. Tell the people who run the application.
code-counter_only_here = This card reader cannot be used from here
    .detail = The card reader of this service works only on the computer it is connected to. Choose another way, or go to that computer.
code-csrf_failed = This page was no longer valid
    .detail = Nothing was sent or signed. Go back, reload the page and try again.
code-document_changed = The document has changed in the meantime
    .detail = It is not the document you saw. Nothing was signed. Open the request again and read the document first.
code-document_damaged = This file is damaged or incomplete
    .detail = Ask the sender for a new copy.
code-document_empty = This file is empty
    .detail = It has no content. Choose another file, or ask the sender for a new copy.
code-document_active = This document can show something else than what you would sign
    .detail = It holds scripts, hidden layers or fields that are drawn only when it is opened. Ask the sender for a version without them.
code-document_final = An earlier signature closed this document
    .detail = No signatures can be added.
code-document_password = This PDF opens only with its password
    .detail = Enter its password to have it verified. For signing, hand over a copy without a password.
code-document_password_wrong = The password does not open this PDF
    .detail = Passwords tell capitals from small letters. Choose the file again and enter its password.
code-document_protected = This PDF is protected with a password or does not allow signing
    .detail = Ask the sender for an unprotected copy.
code-document_signature_invalid = This document already contains an invalid signature
    .detail = Ask the sender before you sign it.
code-document_too_large = This file is too large
    .detail = { $size ->
        [unknown] Use a smaller file.
       *[other] It is { $size }, the limit is { $limit }.
    }
code-document_type = This kind of file cannot be used here
    .detail = You can use { $types ->
        [unknown] PDF files
       *[other] { $types }
    }.
code-extension_missing = The browser extension is missing or switched off
    .detail = Install or enable the Web eID extension, then come back to this page.
code-extension_outdated = The browser extension is too old
    .detail = Update the Web eID extension, then come back to this page.
code-list_changed = One of the documents is no longer what you saw
    .detail = One signature counts for all documents together, as they were shown. So nothing was signed. Go back to the list and confirm again.
code-login_elsewhere_finished = This login was already used
    .detail = Go back to { $client ->
        [unknown] the application
       *[other] { $client }
    }. You may already be logged in.
code-login_expired = This login took too long and was closed for your safety
    .detail = Go back to { $client ->
        [unknown] the application
       *[other] { $client }
    } and log in again.
code-login_refused = We could not log you in
    .detail = The answer of your card was not accepted. Try again. If it keeps happening, give the reference to the helpdesk.
code-maintenance = This service is closed for maintenance{ $time ->
        [unknown] { "" }
       *[other] { " " }until { $time }
    }
    .detail = Your requests stay open.
code-mandate_expired = { $role ->
        [unknown] Your mandate has ended
       *[other] Your mandate as { $role } at { $body } ended on { $date }
    }
    .detail = Choose another capacity or contact { $authority ->
        [unknown] your board
       *[other] { $authority }
    }.
code-mandate_source_unavailable = We cannot look up your roles right now
    .detail = Try again in a few minutes.
code-not_authorised = You do not have access to { $client ->
        [unknown] this application
       *[other] { $client }
    }
    .detail = { $capacity ->
        [unknown] { $name ->
            [unknown] You are logged in.
           *[other] You are logged in as { $name }.
        }
       *[other] You are logged in as { $name }, { $capacity }.
    } Access is given by { $authority ->
        [unknown] the people who run the application
       *[other] { $authority }
    }.
code-not_found = This page does not exist
    .detail = The address is wrong, or it is not meant for you. Check the link you followed.
code-not_your_turn = It is not your turn to sign yet
    .detail = Another person signs first. You can sign as soon as that is done.
code-pcsc_denied = This program may not use the card reader
    .detail = Ask your IT service to allow access to the smart card service.
code-pcsc_unavailable = The smart card service of this computer is not running
    .detail = Reconnect your card reader, or restart the computer.
code-pin_blocked = Your card is blocked
    .detail = The PIN code was wrong three times. Your municipality can unblock the card. Bring your card and, if you still have it, the letter with your PUK code.
code-pin_cancelled = You cancelled
    .detail = Nothing was sent or signed.
code-pin_last_attempt = Careful: this is your last attempt
    .detail = If the PIN code is wrong now, your card is blocked. Not sure? Cancel and look up your code first.
code-pin_length = The PIN code has { $min ->
        [unknown] 4 to 12
       *[other] { $min } to { $max }
    } digits
    .detail = This did not cost an attempt.
code-pin_on_keypad = Enter your PIN code on the card reader
    .detail = Then press OK on the reader.
code-pin_program_missing = The PIN window could not be opened
    .detail = This is not your fault. Tell the people who run this service.
code-pin_timeout = It took too long to enter the PIN code
    .detail = Nothing was sent or signed. Start this step again.
code-pin_wrong = Wrong PIN code
    .detail = { $left ->
        [unknown] Look up your code before you try again.
        [one] One attempt left.
       *[other] { $left } attempts left.
    } After three wrong attempts the card is blocked.
code-reader_missing = No card reader found
    .detail = Connect your card reader to this computer. This page continues by itself.
code-reader_removed = The card reader was disconnected
    .detail = Nothing was sent or signed. Connect the reader and put your card back.
code-redirect_uri_unknown = The application that sent you here is not set up correctly
    .detail = This is not your fault. Tell the people who run the application.
code-request_closed = This request is closed
    .detail = { $reason ->
        [unknown] It was completed, withdrawn, or its time is over.
       *[other] { $reason }
    } Contact { $requester ->
        [unknown] the sender
       *[other] { $requester }
    } if you think this is wrong.
code-request_declined = You declined to sign
    .detail = { $requester ->
        [unknown] The sender
       *[other] { $requester }
    } has been told.
code-request_invalid = This request cannot be understood
    .detail = Something in the address or the form is missing or wrong. Go back and try again.
code-revocation_unavailable = We cannot check your card right now
    .detail = The federal checking service does not answer. Nothing is wrong with your card. Try again in a few minutes.
code-same_person = You already signed for the other role
    .detail = One person cannot sign this document twice. The second signature must come from somebody else.
code-seal_unavailable = The organisation's seal cannot be used right now
    .detail = Nothing was sealed. Try again later, and if it keeps happening give the reference to the helpdesk.
code-server_busy = Too much is under way at this moment
    .detail = Wait a moment, then try again.
code-server_error = Something went wrong on our side
    .detail = Your data is safe. Try again, and if it keeps happening give the reference to the helpdesk.
code-several_cards = More than one card found
    .detail = Choose the card you want to use.
code-signature_below_profile = The signature did not reach the level asked
    .detail = We do not deliver the document. This is not your fault. Give the reference to the helpdesk.
code-signature_failed = Your signature could not be finished
    .detail = It is not in the document and does not count. The request is closed. This is not your fault. { $requester ->
        [unknown] The sender has
       *[other] { $requester } has
    } to send the document again.
code-signature_finishing = A signature is being finished
    .detail = It is placed and will not be lost. Try again when it is ready.
code-signatures_missing = The signatures are not all there yet
    .detail = The finished document is there as soon as everybody has signed.
code-signer_without_authority = You may not sign this document{ $capacity ->
        [unknown] { "" }
       *[other] { " " }as { $capacity }
    }
    .detail = { $reason ->
        [unknown] Your role today does not allow it.
       *[other] { $reason }
    } Nothing was signed. Questions? Ask { $authority ->
        [unknown] your board
       *[other] { $authority }
    }.
code-timestamp_unavailable = Your signature is placed, but the time stamp is not there yet
    .detail = We try again by ourselves. { $channel ->
        [unknown] The finished document follows.
       *[other] You will get the finished document by { $channel }.
    } You need not sign again.
code-too_many_attempts = Too many attempts
    .detail = Wait { $time ->
        [unknown] a few minutes
       *[other] until { $time }
    } and try again.
code-touch_missing = Your card or key is waiting to be touched
    .detail = Nothing was signed. Try again and touch it when it blinks.
code-trust_list_stale = The list of recognised providers { $date ->
        [unknown] is out of date
       *[other] dates from { $date }
    }
    .detail = Results may be incomplete until it is refreshed.

list-title = Documents to sign
list-choose = You sign all ticked documents in one go.
list-read = Read the document
list-read-one = Read the document: { $title }
list-as = You sign as { $role }.
list-state-you = Waits for your signature.
list-state-signed = You have signed this document.
list-state-later = Waits for another signature.
list-state-closed = This request is closed.
list-others = { $count ->
        [one] 1 more document of this list is for others alone.
       *[other] { $count } more documents of this list are for others alone.
    }
list-nothing = Nothing in this list waits for your signature.
list-fingerprint = Fingerprint of the whole list (SHA-256)
list-pin-each = You enter your PIN code for each document, in the PIN window on this computer.
list-back = Back to the list
list-signing-title = Your card is signing
list-signing = Leave it in the reader.
list-signed-count = signed
list-finishing-title = We are finishing your signatures
list-finishing = Your signatures are made. We are adding the time-stamps and the evidence. You may close this page.
list-done-title = { $count ->
        [one] You have signed 1 document
       *[other] You have signed { $count } documents
    }
list-done-lead = Your signatures are in the documents. They were checked.
list-partly = { $signed } of { $total } signed.
list-partly-rest = What is signed stays signed. The rest still waits for you.
list-rest-action = Sign the rest
sign-done-container = This document is delivered with others in one file, over which the last signature stands: { $name }.
sign-done-container-others = The last signature stands in one file over this document and others, which whoever made it has. The document here carries the signatures before it.
together-heading = All with one signature
together-why = Your card reader or card program makes one signature per PIN code. You can also sign all these documents together, with one signature and one PIN code. They then stand in one file (ASiC-E).
together-action = Sign all with one signature
together-lead = One signature counts for all these documents together. They are delivered in one file (ASiC-E) that holds each document as it is and your signature over all of them.
together-fingerprint = Fingerprint of all documents together (SHA-256)
together-out-heading = Not included
together-out-application = The application that asks for it takes this document only as a signed PDF. Sign it separately.
together-out-later_signers = Others sign this document after you. Sign it separately.
together-out-mention = You sign this document for somebody else, and that must be readable above your signature in the document itself. Sign it separately.
together-out-raised_at_end = The earlier signatures in this document are completed only together with yours, in the document itself. Sign it separately.
together-pin = You enter your PIN code once, on the card reader or in the PIN window on this computer.
together-one-by-one = Sign one by one
together-done-lead = Your signature stands over all these documents. It was checked.
together-download = Download the file with all documents: { $name }
card-sign = With your card on this computer
card-sign-hint = Put your eID card in your own card reader. You enter the PIN code in a separate window. Check the address of this site and what you sign there.
card-sign-action = Sign with my card
card-signing = Your card is signing. Leave it in the reader and keep this page open.
card-prints = Your signature is made over these fingerprints. The window on your computer shows the same. Do you see others? Then cancel.
