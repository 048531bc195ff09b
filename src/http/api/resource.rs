//! A signing request as applications see it.

use serde_json::{Value, json};

use crate::ades::asic::container::Kind;
use crate::base::lang::Language;
use crate::journeys::App;
use crate::signing::container::{ContainerId, ContainerStage, SigningContainer};
use crate::signing::publication::Publication;
use crate::signing::request::{Ending, SigningRequest, Slot, Stage};

/// The resource. Signers appear by capacity and name once they have signed; candidates by capacity alone.
pub(super) fn of(app: &App, request: &SigningRequest) -> Value {
    let own = format!("{}/api/v1/signing_requests/{}", app.origin(), request.id);
    let slots: Vec<Value> = request.slots.iter().map(|slot| slot_of(request, slot)).collect();
    json!({
        "id": request.id,
        "state": state(request, app.now()),
        "title": request.title,
        "document_kind": request.kind.as_str(),
        "body": request.body,
        "domain": request.domain,
        "level": request.level,
        "profile": request.profile.as_str(),
        "picture": request.picture,
        "container": if request.takes_container { "allowed" } else { "refused" },
        // What is delivered as the signed original: the PDF, or a container of several documents.
        "packaging": packaging(request),
        // What the signatures that stand show so far; `level` is what is delivered, and nothing below it.
        "level_reached": request.lowest_level(),
        "rule": request.plan.rule,
        // Without the board's decision to work by the rule, the plan is advice and nobody gets to sign.
        "adopted_by": request.plan.adopted_by.as_ref().map(|adopted| &adopted.decision),
        "documents": [{
            "name": request.document.name,
            "pages": request.document.pages,
            "sha256": request.document.base.sha256,
            "length_bytes": request.document.base.length_bytes,
        }],
        "slots": slots,
        // Where the board has a seal: the copy for publication, once every signature stands.
        "publication_copy": request.publication.as_ref().map(|publication| json!({
            "state": publication.as_str(),
            "level": match publication {
                Publication::Done { level, .. } => Some(level),
                _ => None,
            },
            "cause": match publication {
                Publication::Failed { cause } => Some(cause),
                _ => None,
            },
        })),
        "reason": match request.closed.as_ref().map(|closed| &closed.how) {
            Some(Ending::Declined { reason, .. }) => Value::from(reason.as_str()),
            Some(Ending::Failed { cause, .. }) => Value::from(cause.as_str()),
            _ => Value::Null,
        },
        "created_at": request.created_at,
        "expires_at": request.expires_at,
        "closed_at": request.closed.as_ref().map(|closed| closed.at),
        "signing_url": format!("{}/sign/{}", app.origin(), request.id),
        "links": {"self": own, "document": format!("{own}/document"), "proof": format!("{own}/proof"),
            "container": container_of(request).map(|id| format!("{}/api/v1/signing_containers/{id}", app.origin())),
            "publication_copy": request.publication.as_ref().map(|_| format!("{own}/publication_copy"))},
    })
}

/// The container that a card has signed for `request`, where it has.
fn container_of(request: &SigningRequest) -> Option<ContainerId> {
    let signed = request.slots.iter().find_map(|slot| match &slot.stage {
        Stage::PackedSigned { container, .. } => Some(*container),
        _ => None,
    });
    signed.or(request.packed.as_ref().map(|packed| packed.container))
}

pub(super) fn packaging(request: &SigningRequest) -> &'static str {
    if container_of(request).is_some() {
        "container"
    } else {
        "pdf"
    }
}

/// A container as applications see it.
pub(super) fn of_container(app: &App, container: &SigningContainer) -> Value {
    let requests = format!("{}/api/v1/signing_requests", app.origin());
    let documents = container.documents.iter().map(|document| {
        json!({
            "request": document.request,
            "slot": document.slot,
            "name": document.name,
            "sha256": document.sha256,
            "self": format!("{requests}/{}", document.request),
        })
    });
    let documents: Vec<Value> = documents.collect();
    let (state, piece, level, cause) = match &container.stage {
        ContainerStage::Prepared { .. } | ContainerStage::Signed { .. } => ("finishing", None, None, None),
        ContainerStage::Done { piece, level, .. } => ("completed", Some(piece), Some(level), None),
        ContainerStage::Failed { cause, .. } => ("failed", None, None, Some(cause)),
    };
    let first = container.documents.first().filter(|_| piece.is_some());
    json!({
        "id": container.id,
        "state": state,
        "name": container.name,
        "media_type": Kind::Extended.media_type(),
        "level": level,
        "sha256": piece.map(|piece| piece.sha256),
        "length_bytes": piece.map(|piece| piece.length_bytes),
        "documents": documents,
        "cause": cause,
        "created_at": container.created_at,
        "links": {
            "self": format!("{}/api/v1/signing_containers/{}", app.origin(), container.id),
            "list": format!("{}/api/v1/signing_lists/{}", app.origin(), container.list),
            // The same bytes whichever of its documents is asked for.
            "document": first.map(|document| format!("{requests}/{}/document", document.request)),
        },
    })
}

pub(super) fn state(request: &SigningRequest, now: crate::base::time::Timestamp) -> &'static str {
    match request.closed.as_ref().map(|closed| &closed.how) {
        Some(Ending::Completed) => "completed",
        Some(Ending::Declined { .. }) => "declined",
        Some(Ending::Expired) => "expired",
        Some(Ending::Failed { .. }) => "failed",
        Some(Ending::Withdrawn) => "withdrawn",
        // A card has signed: that is finished first, however late it is.
        None if request.is_finishing() => "finishing",
        None if now >= request.expires_at => "expired",
        None => "open",
    }
}

/// How many signatures it needs, how many a card has made, and how many of those stand in the document.
pub(super) fn signatures(request: &SigningRequest) -> Value {
    let signed = request.slots.iter().filter(|slot| slot.stage.is_signed());
    let standing = request
        .slots
        .iter()
        .filter(|slot| matches!(slot.stage, Stage::Done { .. }));
    json!({"needed": request.slots.len(), "signed": signed.count(), "standing": standing.count()})
}

fn slot_of(request: &SigningRequest, slot: &Slot) -> Value {
    let roles: Vec<&str> = request
        .plan
        .slots
        .iter()
        .filter(|planned| planned.number == slot.number)
        .flat_map(|planned| planned.roles.iter().map(|role| role.name(Language::Nl)))
        .collect();
    let signer = slot
        .stage
        .signer()
        .filter(|_| slot.stage.is_signed())
        .map(|signer| {
            json!({
                "name": signer.name,
                "capacity": signer.verdict.capacity.as_ref().map(|capacity| capacity.label(Language::Nl)),
                "rules": signer.verdict.rules,
                "decisions": signer.verdict.decisions,
                "mention": signer.verdict.mention().map(|mention| mention.text(Language::Nl)),
            })
        });
    let (signed_at, level) = match &slot.stage {
        Stage::Done { signed_at, level, .. } => (Some(*signed_at), Some(*level)),
        Stage::Signed { signed_at, .. } | Stage::PackedSigned { signed_at, .. } => (Some(*signed_at), None),
        Stage::Open | Stage::Prepared { .. } | Stage::Packed { .. } => (None, None),
    };
    json!({
        "number": slot.number,
        "roles": roles,
        "stage": slot.stage.as_str(),
        "signer": signer,
        "signed_at": signed_at,
        "level": level,
    })
}
