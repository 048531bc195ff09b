//! The words of the vocabularies that zegel reads, whichever of their spellings a source uses.

/// A property that means something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Property {
    AliasOf,
    Appointed,
    BindingEnd,
    BindingStart,
    Classification,
    Death,
    DeathDate,
    Domain,
    End,
    FamilyName,
    Facility,
    GivenName,
    Governs,
    HasPost,
    Holders,
    Holds,
    Identifier,
    Label,
    LinkedTo,
    LinkToDecision,
    LocalIdentifier,
    MaxHolders,
    MinHolders,
    Notation,
    Publication,
    Rank,
    ReplacedBy,
    Role,
    SameAs,
    Start,
    Status,
    StructuredIdentifier,
    TermOf,
    Type,
}

/// A class that means something here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Class {
    Body,
    Holding,
    Official,
    Organisation,
    Person,
    Post,
    Tombstone,
}

const GENERIEK: [&str; 2] = [
    "https://data.vlaanderen.be/ns/generiek#",
    // Also met; one vocabulary in two spellings.
    "http://data.vlaanderen.be/ns/generiek#",
];

impl Property {
    pub(super) fn of(iri: &str) -> Option<Self> {
        if let Some(name) = GENERIEK.iter().find_map(|base| iri.strip_prefix(base)) {
            return match name {
                "isTijdspecialisatieVan" => Some(Self::TermOf),
                "gestructureerdeIdentificator" => Some(Self::StructuredIdentifier),
                "lokaleIdentificator" => Some(Self::LocalIdentifier),
                _ => None,
            };
        }
        let name = |base: &str| iri.strip_prefix(base);
        if let Some(name) = name("http://data.vlaanderen.be/ns/mandaat#") {
            return match name {
                "aantalHouders" => Some(Self::Holders),
                "bekrachtigtAanstellingVan" => Some(Self::Appointed),
                "beleidsdomein" => Some(Self::Domain),
                "bindingEinde" => Some(Self::BindingEnd),
                "bindingStart" => Some(Self::BindingStart),
                "einde" => Some(Self::End),
                "isBestuurlijkeAliasVan" => Some(Self::AliasOf),
                "isTijdelijkVervangenDoor" => Some(Self::ReplacedBy),
                "isTijdspecialisatieVan" => Some(Self::TermOf),
                "rangorde" => Some(Self::Rank),
                "start" => Some(Self::Start),
                "status" => Some(Self::Status),
                _ => None,
            };
        }
        if let Some(name) = name("http://lblod.data.gift/vocabularies/lmb/") {
            return match name {
                "faciliteitenGemeente" => Some(Self::Facility),
                "hasPublicationStatus" => Some(Self::Publication),
                "linkToBesluit" => Some(Self::LinkToDecision),
                "maxAantalHouders" => Some(Self::MaxHolders),
                "minAantalHouders" => Some(Self::MinHolders),
                _ => None,
            };
        }
        match iri {
            "http://www.w3.org/1999/02/22-rdf-syntax-ns#type" => Some(Self::Type),
            "http://data.vlaanderen.be/ns/besluit#bestuurt" => Some(Self::Governs),
            "http://data.vlaanderen.be/ns/besluit#classificatie"
            | "http://www.w3.org/ns/org#classification" => Some(Self::Classification),
            "http://www.w3.org/ns/org#hasPost"
            | "http://data.lblod.info/vocabularies/leidinggevenden/heeftBestuursfunctie" => {
                Some(Self::HasPost)
            }
            "http://www.w3.org/ns/org#holds" => Some(Self::Holds),
            "http://www.w3.org/ns/org#role" => Some(Self::Role),
            "http://www.w3.org/ns/org#linkedTo" => Some(Self::LinkedTo),
            "http://www.w3.org/2004/02/skos/core#prefLabel" => Some(Self::Label),
            "http://www.w3.org/2004/02/skos/core#notation" => Some(Self::Notation),
            "http://www.w3.org/ns/adms#identifier" => Some(Self::Identifier),
            "http://xmlns.com/foaf/0.1/familyName" => Some(Self::FamilyName),
            "http://data.vlaanderen.be/ns/persoon#gebruikteVoornaam" => Some(Self::GivenName),
            "http://data.vlaanderen.be/ns/persoon#heeftOverlijden" => Some(Self::Death),
            "http://data.vlaanderen.be/ns/persoon#datum" => Some(Self::DeathDate),
            "http://www.w3.org/2002/07/owl#sameAs" => Some(Self::SameAs),
            _ => None,
        }
    }
}

impl Class {
    pub(super) fn of(iri: &str) -> Option<Self> {
        match iri {
            "http://data.vlaanderen.be/ns/besluit#Bestuurseenheid" => Some(Self::Organisation),
            "http://data.vlaanderen.be/ns/besluit#Bestuursorgaan" => Some(Self::Body),
            "http://data.vlaanderen.be/ns/mandaat#Mandaat"
            | "http://www.w3.org/ns/org#Post"
            | "http://data.lblod.info/vocabularies/leidinggevenden/Bestuursfunctie" => Some(Self::Post),
            "http://data.vlaanderen.be/ns/mandaat#Mandataris" => Some(Self::Holding),
            "http://data.lblod.info/vocabularies/leidinggevenden/Functionaris" => Some(Self::Official),
            "http://www.w3.org/ns/person#Person" => Some(Self::Person),
            "https://www.w3.org/ns/activitystreams#Tombstone"
            | "http://www.w3.org/ns/activitystreams#Tombstone" => Some(Self::Tombstone),
            _ => None,
        }
    }
}
