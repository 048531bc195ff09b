# Textes de zegel en français. On dit vous. Phrases de moins de quinze mots. Un mot pour une chose.

## Dates et tailles

date = { $day } { $month ->
        [1] janvier
        [2] février
        [3] mars
        [4] avril
        [5] mai
        [6] juin
        [7] juillet
        [8] août
        [9] septembre
        [10] octobre
        [11] novembre
       *[12] décembre
    } { $year }
date-time = { $day } { $month ->
        [1] janvier
        [2] février
        [3] mars
        [4] avril
        [5] mai
        [6] juin
        [7] juillet
        [8] août
        [9] septembre
        [10] octobre
        [11] novembre
       *[12] décembre
    } { $year }, { $hour }h{ $minute }
size-byte = { $number ->
        [1] 1 octet
       *[other] { $number } octets
    }
size-kilo = { $number } ko
size-mega = { $number } Mo

## Pages

skip-link = Aller au contenu
language-nav = Langue
test-banner = Ceci est un environnement de test. Rien de ce que vous faites ici n'a de valeur juridique.
footer-nav = À propos de ce service
footer-accessibility = Accessibilité
footer-verify = Vérifier une signature
footer-help = Besoin d'aide ?
step-of = Étape { $current } sur { $total }
step-list = Étapes
step-confirm = Confirmer
step-pin = Code PIN
step-capacity = Qualité
step-read = Lire
step-done = Terminé
action-continue = Continuer
action-try-again = Réessayer
action-back = Retour
action-cancel = Annuler
logged-in-as = Connecté en tant que { $name }
log-out = Se déconnecter
logged-out-title = Vous êtes déconnecté
logged-out-card = Reprenez votre carte d'identité.
logged-out-applications = Déconnectez-vous aussi des applications que vous avez utilisées. Sinon, vous y restez connecté.

problem-code = Code
problem-reference = Référence
problem-copy = Copier le code et la référence
problem-copied = Copié
problem-developer = Pour le gestionnaire de l'application

start-title = Se connecter et signer avec votre carte d'identité
start-lead = Ce service vous connecte aux applications de votre administration. Il sert aussi à signer des documents.
start-how = Vous commencez toujours dans l'application. Elle vous envoie ici pour vous connecter ou pour signer.
start-verify-heading = Avez-vous reçu un document signé ?
start-verify-text = Vous voyez ici qui l'a signé, quand, et s'il a été modifié ensuite.
start-verify-action = Vérifier une signature

accessibility-title = Accessibilité
accessibility-lead = Nous voulons que tout le monde puisse utiliser ce service. Notre objectif est WCAG 2.2, niveau AA.
accessibility-state-heading = Où en sommes-nous ?
accessibility-state = Chaque page est testée automatiquement à chaque modification, en quatre langues. Un audit indépendant n'a pas encore eu lieu.
accessibility-known-heading = Que faut-il améliorer ?
accessibility-known = Les documents de tiers ne sont pas toujours accessibles. Nous montrons donc aussi le texte du document.
accessibility-complaint-heading = Quelque chose ne fonctionne pas ?
accessibility-complaint = Dites-le-nous. Nous répondons dans les cinq jours ouvrables. Si notre réponse ne vous satisfait pas, adressez-vous au médiateur compétent.
accessibility-contact = Contact : { $contact }
accessibility-date = Cette déclaration date du { $date }.

login-to = Se connecter à { $client }
login-requested-by = { $organisation } vous demande de vous connecter.
choose-counter = Avec le lecteur de carte de cet ordinateur
choose-counter-hint = Insérez votre carte d'identité dans le lecteur. Vous saisissez le code PIN dans une fenêtre séparée. Laissez votre carte dans le lecteur jusqu'à la fin.
choose-card = Avec votre carte sur cet ordinateur
choose-card-hint = Insérez votre carte d'identité dans votre propre lecteur. Vous saisissez le code PIN dans une fenêtre séparée. Vérifiez-y l'adresse de ce site.
choose-card-action = Me connecter avec ma carte
choose-card-script = Cette méthode nécessite JavaScript. Activez JavaScript et rechargez cette page.
choose-card-first-time = La première fois sur cet ordinateur ?
choose-card-install = Il vous faut un lecteur de carte et, une seule fois, ces programmes :
choose-card-web-eid = l'extension Web eID avec son programme
choose-card-middleware = le logiciel eID de l'administration fédérale
choose-card-managed = Sur un ordinateur de votre administration, votre service informatique s'en charge.
card-looking = Nous cherchons le programme de lecture de carte de cet ordinateur.
card-pin = Une fenêtre s'est ouverte sur votre ordinateur. Vérifiez l'adresse et saisissez-y votre code PIN.
shared-heading = Ce que { $client } reçoit
shared-name = Votre nom
shared-capacity = La qualité que vous choisissez
shared-national-number = Votre numéro de registre national, parce que la loi le permet
shared-log-in = Quand et comment vous vous êtes connecté, avec un identifiant propre à cette application
short-code-heading = Votre code de contrôle
short-code-where = Regardez ensuite la fenêtre du code PIN sur cet ordinateur. Ne saisissez jamais votre code PIN sur une page web.
confirm-login-action = Saisir le code PIN
waiting-title = Saisissez votre code PIN
waiting-pin = Une fenêtre s'est ouverte sur cet ordinateur. Vérifiez le code et saisissez-y votre code PIN.
waiting-card = Insérez votre carte d'identité dans le lecteur. Cette page continue automatiquement.
waiting-checking = Nous vérifions votre certificat.
waiting-slow = Cela prend plus de temps que d'habitude. Vous ne devez rien faire.
waiting-noscript = Cette page se recharge toutes les trois secondes.
capacity-title = En quelle qualité voulez-vous continuer ?
capacity-hello = Vous êtes connecté en tant que { $name }.
capacity-legend = Choisissez une qualité
capacity-until = Jusqu'au { $date }
capacity-acting = Remplace { $name } pendant son absence
capacity-delegated = Par délégation de signature de { $name }
capacity-required = Choisissez d'abord une qualité.
error-summary = Il y a une erreur dans le formulaire
error-prefix = Erreur : { $title }
share-title = Partager ces données
share-action = Partager et continuer

sign-title = { $count ->
        [one] On vous demande de signer un document
       *[other] On vous demande de signer { $count } documents
    }
sign-from = { $requester } demande votre signature.
sign-until = Vous pouvez signer jusqu'au { $time }.
sign-capacity-heading = Vous signez en tant que
sign-capacity-basis = Sur la base de : { $basis }
sign-mention = La signature mentionnera : « { $mention } »
sign-order-heading = Qui signe
slot-signed = a signé le { $time }
slot-you = c'est vous, maintenant
slot-waiting = doit encore signer
document-kind = Type
document-pages = Pages
later-heading = Restera-t-il valable ?
document-policy = Jugé selon
document-size = Taille
document-fingerprint = Empreinte (SHA-256)
document-fingerprint-base = Empreinte sans les signatures déjà présentes
document-original = Télécharger l'original (PDF)
document-preview-heading = Aperçu
document-preview-page = Page { $page } sur { $total } ; le texte figure ci-dessous
document-text-heading = Texte du document
document-text-page = Page { $page }
document-text-none = Cette page ne contient pas de texte lisible. Consultez l'aperçu ou l'original.
document-signatures-heading = Signatures déjà présentes
document-signatures-none = Ce document ne contient pas encore de signature.
sign-decline = Refuser de signer
confirm-sign-title = Confirmer la signature
confirm-sign-lead-test = { $count ->
        [one] Vous apposez une signature de TEST sur 1 document.
       *[other] Vous apposez une signature de TEST sur { $count } documents.
    }
confirm-sign-binding = Elle vous engage comme une signature sur papier.
confirm-sign-pin = Vous saisissez votre code PIN une seule fois, dans la fenêtre du code PIN sur cet ordinateur.
confirm-sign-action = Signer avec le code PIN
sign-waiting-pin = Une fenêtre intitulée « Signer » s'est ouverte. Vérifiez le code et le document, puis saisissez-y votre code PIN.
finishing-title = Nous finalisons votre signature
finishing-lead = Votre signature est apposée. Nous ajoutons l'horodatage et les preuves.
finishing-safe = Vous pouvez fermer cette page. Rien n'est perdu. Si vous retirez votre carte, vous êtes déconnecté.
sign-done-title = Vous avez signé
sign-done-lead = Votre signature figure dans le document. Elle a été contrôlée.
sign-done-next = Signe ensuite : { $slot }.
sign-done-complete = Toutes les signatures sont apposées.
ended-completed = Toutes les signatures sont apposées.
ended-declined = Un signataire a refusé.
ended-failed = Une signature n'a pas pu être finalisée.
ended-expired = Le délai est écoulé.
ended-withdrawn = La demande a été retirée.
sign-done-incomplete = Ce document ne porte pas toutes les signatures requises.
sign-done-below = Les signatures y sont au niveau { $shown }, pas { $level }.
sign-done-raising = Les signatures y sont pour l'instant au niveau { $shown }. Après la dernière, le document est porté au niveau { $level } ; c'est alors seulement qu'il est achevé.
sign-done-download = Télécharger le document signé
sign-done-proof = Télécharger la preuve de compétence
sign-done-publication = Télécharger la version pour publication
sign-done-continue = Retour à { $client }
decline-title = Refuser de signer
decline-lead = { $requester } sera informé que vous refusez de signer.
decline-reason = Motif (facultatif)
decline-reason-hint = { $requester } peut lire ce texte.
decline-back = Retour au document

verify-title = Vérifier une signature
verify-lead = Choisissez un document signé. Vous verrez qui l'a signé et s'il a été modifié ensuite.
verify-file = Document signé
verify-file-hint = Un PDF, ou un fichier signé xml, asice, asics, p7m ou json, de { $limit } au maximum. Nous ne conservons pas le fichier.
verify-password = Mot de passe du document
verify-password-hint = Uniquement pour un PDF qui demande un mot de passe à l'ouverture. Nous l'utilisons une fois et ne le conservons pas.
verify-action = Vérifier
verify-file-missing = Choisissez d'abord un fichier.
verify-result-title = Résultat de la vérification
verify-plan-missing = Attention : ce document porte { $present } des { $required } signatures requises.
verify-result-count = { $count ->
        [one] Ce document contient 1 signature.
       *[other] Ce document contient { $count } signatures.
    }
verify-none = Ce document n'est pas signé.
verify-signature = Signature { $number }
outcome-passed = Valable
outcome-indeterminate = Indéterminé
outcome-failed = Non valable
verdict-test = Signature de TEST de { $name }, apposée le { $time }. Elle n'a aucune valeur juridique.
verdict-indeterminate = Signature de { $name } : il manque des preuves.
verdict-failed = La signature de { $name } n'est pas valable.
changes-none = Le document n'a pas été modifié ensuite.
changes-allowed = Seules des signatures et des preuves ont été ajoutées ensuite.
changes-filled = Ensuite, des champs du formulaire ont été remplis ou des données sur le document ont été modifiées. Voir les détails.
changes-other = Le document a été modifié après cette signature.
details = Détails
detail-level = Niveau
level-proven = dont prouvé à présent : { $level }
level-proven-none = dont rien n'est prouvé à présent
detail-signing-time = Moment selon le signataire
detail-proven-time = Moment prouvé (horodatage)
detail-certificate = Ce que dit le certificat
detail-claimed = Ce que le signataire a déclaré
detail-policy = Politique de signature
detail-attested = Ce que l'administration a attesté
detail-decision = Sur la base de la décision
detail-reason = Pourquoi
detail-indication = Indication
detail-covers = Partie du document
covers-whole = Tout le document
verify-again = Vérifier un autre document
verify-checked-at = Vérifié le { $time }.

login-own = Se connecter pour continuer
login-own-lead = Nous devons d'abord savoir qui vous êtes.
choose-confirm = Vous vous connectez comme titulaire de la carte insérée dans le lecteur.
short-code-same = La fenêtre du code PIN doit afficher le même code. Vous voyez un autre code ? Annulez.
waiting-until = Vous avez jusqu'au { $time }.
share-choose-lead = { $client } reçoit ensuite ces données à votre sujet :
confirm-sign-lead = { $count ->
        [one] Vous apposez votre signature électronique sur 1 document.
       *[other] Vous apposez votre signature électronique sur { $count } documents.
    }
verdict-passed = Signature électronique de { $name }, apposée le { $time }.
name-unknown = provenance inconnue
attested-verified = { $capacity }, attesté au moment de la signature.
attested-key-missing = Une attestation est jointe, mais la clé de l'administration manque.
attested-invalid = L'attestation contenue dans cette signature n'est pas correcte.
attested-other = L'attestation concerne un autre document ou une autre personne.
attested-other-time = { $capacity }, mais non confirmé à l'heure prouvée de la signature.
attested-none = Aucune attestation d'une administration.
issuer = Émetteur
validity = Valable du { $from } au { $until }
none-given = Rien
time-stamps-heading = Horodatages du document
verify-laboratory = Ce résultat repose sur des certificats de TEST. Il ne vaut qu'au laboratoire.
verify-file-format = Demandez un nouvel exemplaire à l'expéditeur.
covers-version = La version existant à ce moment
covers-part = Pas tout le fichier

## États et erreurs

code-agent_missing = Le programme de lecture de carte n'est pas installé sur cet ordinateur
    .detail = Installez-le une fois ; cette page pourra ensuite utiliser votre lecteur.
code-agent_outdated = Le programme de lecture de carte est trop ancien
    .detail = { $needed ->
        [unknown] Il faut une version plus récente.
       *[other] La version { $found } est installée, il faut la version { $needed } ou une version plus récente.
    }
code-agent_stopped = Le programme de lecture de carte s'est arrêté de façon inattendue
    .detail = Réessayez. Si cela se reproduit, redémarrez votre navigateur.
code-already_signed = Vous avez déjà signé ce document{ $date ->
        [unknown] { "" }
       *[other] { " " }le { $date }
    }
    .detail = Vous pouvez signer à nouveau, mais ce n'est pas nécessaire.
code-already_waiting = Votre carte est déjà utilisée dans une autre fenêtre
    .detail = Terminez ou annulez-y l'opération, puis réessayez ici.
code-browser_unsupported = Ce navigateur n'est pas pris en charge
    .detail = Utilisez une version récente de { $browsers ->
        [unknown] Firefox, Chrome, Edge ou Safari
       *[other] { $browsers }
    }.
code-card_busy = Un autre programme utilise votre carte
    .detail = Fermez les autres programmes ou onglets qui utilisent la carte, par exemple eID Viewer.
code-card_changed = Cette carte n'est pas celle avec laquelle vous avez commencé
    .detail = Réinsérez la première carte ou recommencez avec celle-ci.
code-card_missing = Aucune carte dans le lecteur
    .detail = Insérez votre carte d'identité dans le lecteur, la puce en avant. Cette page continue automatiquement.
code-card_not_activated = Cette carte n'est pas encore activée
    .detail = Faites-la d'abord activer par votre commune.
code-card_removed = La carte a été retirée trop tôt
    .detail = Rien n'a été signé. Réinsérez la même carte et recommencez cette étape.
code-card_unreadable = La carte est illisible
    .detail = Vérifiez que la puce est propre et que la carte est dans le bon sens. Si un autre lecteur échoue aussi, faites contrôler la carte par votre commune.
code-card_unsupported = Cette carte ne peut pas être utilisée ici
    .detail = Vous pouvez utiliser : { $cards ->
        [unknown] une carte d'identité belge (eID)
       *[other] { $cards }
    }.
code-certificate_expired = Votre carte ou son certificat a expiré{ $date ->
        [unknown] { "" }
       *[other] { " " }le { $date }
    }
    .detail = Demandez une nouvelle carte à votre commune.
code-certificate_missing = Cette carte n'a pas de certificat pour cette action
    .detail = Une carte d'enfant, ou dont le titulaire a refusé les certificats, ne permet pas { $act ->
        [unknown] cette action
       *[other] de { $act }
    }.
code-certificate_not_yet_valid = Votre carte ne peut pas être utilisée pour le moment
    .detail = Contactez votre commune si vous ne savez pas pourquoi.
code-certificate_revoked = Votre carte ne peut pas être utilisée pour le moment
    .detail = Contactez votre commune si vous ne savez pas pourquoi.
code-certificate_suspended = Votre carte ne peut pas être utilisée pour le moment
    .detail = Contactez votre commune si vous ne savez pas pourquoi.
code-certificate_untrusted = Votre carte ne peut pas être utilisée pour le moment
    .detail = Contactez votre commune si vous ne savez pas pourquoi.
code-certificate_wrong_person = Cette demande est destinée à { $name ->
        [unknown] quelqu'un d'autre
       *[other] { $name }
    }
    .detail = La carte dans le lecteur appartient à une autre personne.
code-client_unknown = L'application qui vous a envoyé ici n'est pas correctement configurée
    .detail = Ce n'est pas de votre faute. Signalez-le au gestionnaire de l'application.
code-counter_only_here = Ce lecteur de carte n'est pas utilisable d'ici
    .detail = Le lecteur de carte de ce service fonctionne uniquement sur l'ordinateur auquel il est branché. Choisissez un autre moyen ou utilisez cet ordinateur.
code-csrf_failed = Cette page n'était plus valable
    .detail = Rien n'a été envoyé ni signé. Revenez en arrière, rechargez la page et réessayez.
code-document_changed = Le document a été modifié entre-temps
    .detail = Ce n'est pas le document que vous avez vu. Rien n'a été signé. Rouvrez la demande et lisez d'abord le document.
code-document_damaged = Ce fichier est endommagé ou incomplet
    .detail = Demandez une nouvelle copie à l'expéditeur.
code-document_empty = Ce fichier est vide
    .detail = Il n'a aucun contenu. Choisissez un autre fichier ou demandez une nouvelle copie à l'expéditeur.
code-document_active = Ce document peut afficher autre chose que ce que vous signeriez
    .detail = Il contient des scripts, des calques masqués ou des champs dessinés seulement à l'ouverture. Demandez à l'expéditeur une version sans ces éléments.
code-document_final = Une signature précédente a verrouillé ce document
    .detail = Plus aucune signature ne peut être ajoutée.
code-document_password = Ce PDF ne s'ouvre qu'avec son mot de passe
    .detail = Indiquez son mot de passe pour le faire vérifier. Pour une signature, il faut un exemplaire sans mot de passe.
code-document_password_wrong = Ce mot de passe n'ouvre pas ce PDF
    .detail = Les majuscules et les minuscules comptent. Choisissez à nouveau le fichier et indiquez son mot de passe.
code-document_protected = Ce PDF est protégé par un mot de passe ou n'autorise pas la signature
    .detail = Demandez une copie non protégée à l'expéditeur.
code-document_signature_invalid = Ce document contient déjà une signature non valable
    .detail = Renseignez-vous auprès de l'expéditeur avant de signer.
code-document_too_large = Ce fichier est trop volumineux
    .detail = { $size ->
        [unknown] Utilisez un fichier plus petit.
       *[other] Il fait { $size }, la limite est de { $limit }.
    }
code-document_type = Ce type de fichier ne peut pas être utilisé ici
    .detail = Vous pouvez utiliser { $types ->
        [unknown] des fichiers PDF
       *[other] { $types }
    }.
code-extension_missing = L'extension du navigateur est absente ou désactivée
    .detail = Installez ou activez l'extension Web eID, puis revenez à cette page.
code-extension_outdated = L'extension du navigateur est trop ancienne
    .detail = Mettez à jour l'extension Web eID, puis revenez à cette page.
code-list_changed = L'un des documents n'est plus celui que vous avez vu
    .detail = Une seule signature vaut pour tous les documents, tels qu'ils ont été montrés. Rien n'a donc été signé. Retournez à la liste et confirmez à nouveau.
code-login_elsewhere_finished = Cette connexion a déjà été utilisée
    .detail = Retournez à { $client ->
        [unknown] l'application
       *[other] { $client }
    }. Vous êtes peut-être déjà connecté.
code-login_expired = La connexion a pris trop de temps et a été arrêtée pour votre sécurité
    .detail = Retournez à { $client ->
        [unknown] l'application
       *[other] { $client }
    } et reconnectez-vous.
code-login_refused = Nous n'avons pas pu vous connecter
    .detail = La réponse de votre carte n'a pas été acceptée. Réessayez. Si le problème persiste, communiquez la référence au service d'aide.
code-maintenance = Ce service est fermé pour maintenance{ $time ->
        [unknown] { "" }
       *[other] { " " }jusqu'à { $time }
    }
    .detail = Vos demandes restent ouvertes.
code-mandate_expired = { $role ->
        [unknown] Votre mandat a pris fin
       *[other] Votre mandat de { $role } auprès de { $body } a pris fin le { $date }
    }
    .detail = Choisissez une autre qualité ou contactez { $authority ->
        [unknown] votre administration
       *[other] { $authority }
    }.
code-mandate_source_unavailable = Nous ne pouvons pas consulter vos rôles pour le moment
    .detail = Réessayez dans quelques minutes.
code-not_authorised = Vous n'avez pas accès à { $client ->
        [unknown] cette application
       *[other] { $client }
    }
    .detail = { $capacity ->
        [unknown] { $name ->
            [unknown] Vous êtes connecté.
           *[other] Vous êtes connecté en tant que { $name }.
        }
       *[other] Vous êtes connecté en tant que { $name }, { $capacity }.
    } L'accès se demande auprès { $authority ->
        [unknown] du gestionnaire de l'application
       *[other] de { $authority }
    }.
code-not_found = Cette page n'existe pas
    .detail = L'adresse est incorrecte, ou elle ne vous est pas destinée. Vérifiez le lien que vous avez suivi.
code-not_your_turn = Ce n'est pas encore votre tour de signer
    .detail = Une autre personne signe d'abord. Vous pourrez signer ensuite.
code-pcsc_denied = Ce programme n'a pas accès au lecteur de carte
    .detail = Demandez à votre service informatique d'autoriser l'accès au service de carte à puce.
code-pcsc_unavailable = Le service de carte à puce de cet ordinateur ne fonctionne pas
    .detail = Rebranchez votre lecteur de carte ou redémarrez l'ordinateur.
code-pin_blocked = Votre carte est bloquée
    .detail = Le code PIN a été incorrect trois fois. Votre commune peut débloquer la carte. Apportez votre carte et, si vous l'avez encore, la lettre contenant votre code PUK.
code-pin_cancelled = Vous avez annulé
    .detail = Rien n'a été envoyé ni signé.
code-pin_last_attempt = Attention : c'est votre dernière tentative
    .detail = Si le code PIN est incorrect, votre carte sera bloquée. Un doute ? Annulez et vérifiez d'abord votre code.
code-pin_length = Le code PIN comporte de { $min ->
        [unknown] 4 à 12
       *[other] { $min } à { $max }
    } chiffres
    .detail = Cela ne compte pas comme une tentative.
code-pin_on_keypad = Saisissez votre code PIN sur le lecteur de carte
    .detail = Appuyez ensuite sur OK sur le lecteur.
code-pin_program_missing = La fenêtre du code PIN n'a pas pu s'ouvrir
    .detail = Ce n'est pas de votre faute. Signalez-le au gestionnaire de ce service.
code-pin_timeout = La saisie du code PIN a pris trop de temps
    .detail = Rien n'a été envoyé ni signé. Recommencez cette étape.
code-pin_wrong = Code PIN incorrect
    .detail = { $left ->
        [unknown] Vérifiez votre code avant de réessayer.
        [one] Il vous reste 1 tentative.
       *[other] Il vous reste { $left } tentatives.
    } Après trois erreurs, la carte est bloquée.
code-reader_missing = Aucun lecteur de carte trouvé
    .detail = Branchez votre lecteur de carte à cet ordinateur. Cette page continue automatiquement.
code-reader_removed = Le lecteur de carte a été débranché
    .detail = Rien n'a été envoyé ni signé. Rebranchez le lecteur et réinsérez votre carte.
code-redirect_uri_unknown = L'application qui vous a envoyé ici n'est pas correctement configurée
    .detail = Ce n'est pas de votre faute. Signalez-le au gestionnaire de l'application.
code-request_closed = Cette demande est clôturée
    .detail = { $reason ->
        [unknown] Elle est terminée, retirée ou expirée.
       *[other] { $reason }
    } Si vous pensez que c'est une erreur, contactez { $requester ->
        [unknown] l'expéditeur
       *[other] { $requester }
    }.
code-request_declined = Vous avez refusé de signer
    .detail = { $requester ->
        [unknown] L'expéditeur
       *[other] { $requester }
    } en a été informé.
code-request_invalid = Cette demande n'est pas compréhensible
    .detail = Il manque quelque chose dans l'adresse ou le formulaire, ou il y a une erreur. Revenez en arrière et réessayez.
code-revocation_unavailable = Nous ne pouvons pas vérifier votre carte pour le moment
    .detail = Le service fédéral de vérification ne répond pas. Votre carte n'est pas en cause. Réessayez dans quelques minutes.
code-same_person = Vous avez déjà signé pour l'autre rôle
    .detail = Une même personne ne peut pas signer ce document deux fois. La deuxième signature doit venir de quelqu'un d'autre.
code-seal_unavailable = Le cachet de l'organisation ne peut pas être utilisé pour l'instant
    .detail = Rien n'a été scellé. Réessayez plus tard. Si le problème persiste, communiquez la référence au service d'aide.
code-server_busy = Trop d'opérations sont en cours en ce moment
    .detail = Patientez un instant, puis réessayez.
code-server_error = Une erreur s'est produite chez nous
    .detail = Vos données sont en sécurité. Réessayez. Si le problème persiste, communiquez la référence au service d'aide.
code-several_cards = Plusieurs cartes ont été trouvées
    .detail = Choisissez la carte que vous voulez utiliser.
code-signature_below_profile = La signature n'atteint pas le niveau demandé
    .detail = Nous ne délivrons pas le document. Ce n'est pas de votre faute. Communiquez la référence au service d'aide.
code-signature_failed = Votre signature n'a pas pu être finalisée
    .detail = Elle ne figure pas dans le document et ne compte pas. La demande est clôturée. Ce n'est pas de votre faute. { $requester ->
        [unknown] L'expéditeur doit
       *[other] { $requester } doit
    } renvoyer le document.
code-signature_finishing = Une signature est en cours de finalisation
    .detail = Elle est apposée et ne sera pas perdue. Réessayez quand elle sera prête.
code-signatures_missing = Toutes les signatures ne sont pas encore là
    .detail = Le document finalisé sera disponible dès que chacun aura signé.
code-signer_without_authority = Vous ne pouvez pas signer ce document{ $capacity ->
        [unknown] { "" }
       *[other] { " " }en tant que { $capacity }
    }
    .detail = { $reason ->
        [unknown] Votre rôle ne le permet pas aujourd'hui.
       *[other] { $reason }
    } Rien n'a été signé. Des questions ? Contactez { $authority ->
        [unknown] votre administration
       *[other] { $authority }
    }.
code-timestamp_unavailable = Votre signature est apposée, mais l'horodatage manque encore
    .detail = Nous réessayons automatiquement. { $channel ->
        [unknown] Le document finalisé suivra.
       *[other] Vous recevrez le document finalisé par { $channel }.
    } Vous ne devez pas signer à nouveau.
code-too_many_attempts = Trop de tentatives
    .detail = Attendez { $time ->
        [unknown] quelques minutes
       *[other] jusqu'à { $time }
    } et réessayez.
code-touch_missing = Votre carte ou clé attend d'être touchée
    .detail = Rien n'a été signé. Réessayez et touchez-la dès qu'elle clignote.
code-trust_list_stale = La liste des prestataires reconnus { $date ->
        [unknown] n'est plus à jour
       *[other] date du { $date }
    }
    .detail = Les résultats peuvent être incomplets jusqu'à sa mise à jour.

list-title = Documents à signer
list-choose = Vous signez en une fois tous les documents cochés.
list-read = Lire le document
list-read-one = Lire le document : { $title }
list-as = Vous signez en qualité de { $role }.
list-state-you = En attente de votre signature.
list-state-signed = Vous avez signé ce document.
list-state-later = En attente d’une autre signature.
list-state-closed = Cette demande est clôturée.
list-others = { $count ->
        [one] 1 autre document de cette liste ne concerne que d’autres personnes.
       *[other] { $count } autres documents de cette liste ne concernent que d’autres personnes.
    }
list-nothing = Aucun document de cette liste n’attend votre signature.
list-fingerprint = Empreinte de toute la liste (SHA-256)
list-pin-each = Vous introduisez votre code PIN pour chaque document, dans la fenêtre PIN sur cet ordinateur.
list-back = Retour à la liste
list-signing-title = Votre carte signe
list-signing = Laissez-la dans le lecteur.
list-signed-count = signés
list-finishing-title = Nous finalisons vos signatures
list-finishing = Vos signatures sont apposées. Nous ajoutons les horodatages et les preuves. Vous pouvez fermer cette page.
list-done-title = { $count ->
        [one] Vous avez signé 1 document
       *[other] Vous avez signé { $count } documents
    }
list-done-lead = Vos signatures figurent dans les documents. Elles ont été vérifiées.
list-partly = { $signed } sur { $total } signés.
list-partly-rest = Ce qui est signé le reste. Les autres documents attendent encore votre signature.
list-rest-action = Signer les autres
sign-done-container = Ce document est livré avec d'autres dans un seul fichier, sur lequel porte la dernière signature : { $name }.
sign-done-container-others = La dernière signature se trouve dans un seul fichier, sur ce document et d'autres ; la personne qui l'a apposée en dispose. Le document ici porte les signatures précédentes.
together-heading = Tout avec une seule signature
together-why = Votre lecteur ou votre programme de carte produit une signature par code PIN. Vous pouvez aussi signer tous ces documents ensemble, avec une seule signature et un seul code PIN. Ils se trouvent alors dans un seul fichier (ASiC-E).
together-action = Tout signer avec une seule signature
together-lead = Une seule signature vaut pour tous ces documents ensemble. Ils sont livrés dans un seul fichier (ASiC-E), qui contient chaque document tel quel et votre signature sur tous.
together-fingerprint = Empreinte de tous les documents ensemble (SHA-256)
together-out-heading = Non compris
together-out-application = L'application qui le demande n'accepte ce document que comme PDF signé. Signez-le séparément.
together-out-later_signers = D'autres personnes signent ce document après vous. Signez-le séparément.
together-out-mention = Vous signez ce document pour quelqu'un d'autre, ce qui doit se lire au-dessus de votre signature dans le document lui-même. Signez-le séparément.
together-out-raised_at_end = Les signatures précédentes de ce document ne sont complétées qu'avec la vôtre, dans le document lui-même. Signez-le séparément.
together-pin = Vous introduisez votre code PIN une seule fois, sur le lecteur de carte ou dans la fenêtre PIN sur cet ordinateur.
together-one-by-one = Signer un par un
together-done-lead = Votre signature vaut pour tous ces documents. Elle a été vérifiée.
together-download = Télécharger le fichier avec tous les documents : { $name }
card-sign = Avec votre carte sur cet ordinateur
card-sign-hint = Insérez votre carte d'identité dans votre propre lecteur. Vous introduisez le code PIN dans une fenêtre séparée. Vérifiez-y l'adresse de ce site et ce que vous signez.
card-sign-action = Signer avec ma carte
card-signing = Votre carte signe. Laissez-la dans le lecteur et gardez cette page ouverte.
card-prints = Votre signature porte sur ces empreintes. La fenêtre sur votre ordinateur affiche les mêmes. Vous en voyez d'autres ? Annulez.
