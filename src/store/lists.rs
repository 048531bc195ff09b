//! Signing lists.

use super::db::{Db, StoreError, Unit};
use super::signing;
use crate::identity::PersonId;
use crate::signing::attempt::Attempt;
use crate::signing::list::{ListId, SigningList};
use crate::signing::request::SigningRequest;

crate::statements! {
    INSERT = "INSERT INTO signing_list (id, board_id, client_id, title, return_url, created_at) \
              VALUES ($1, $2, $3, $4, $5, $6)";
    ADD_ITEM = "INSERT INTO signing_list_item (list_id, position, request_id) VALUES ($1, $2, $3)";
    BY_ID = "SELECT id, board_id, client_id, title, return_url, created_at FROM signing_list WHERE id = $1";
    REQUESTS = "SELECT r.request, r.version FROM signing_list_item i JOIN signing_request r ON r.id = i.request_id \
                WHERE i.list_id = $1 ORDER BY i.position";
    ATTEMPTS = "SELECT a.id, a.request_id, a.slot, a.person_id, a.short_code, a.state, a.code, a.cause, a.tries_left, \
                a.started_at, a.updated_at, a.driver, a.seen FROM signing_list_item i \
                JOIN signing_attempt a ON a.request_id = i.request_id AND a.person_id = $2 \
                WHERE i.list_id = $1 ORDER BY i.position, a.started_at, a.id";
    ITEMS = "SELECT request_id FROM signing_list_item WHERE list_id = $1 ORDER BY position";
}

/// Adds a list with its items as part of `unit`.
pub async fn add(unit: &mut Unit, list: &SigningList) -> Result<(), StoreError> {
    let values = [
        list.id.into(),
        list.board.into(),
        list.client.clone().into(),
        list.title.clone().into(),
        list.return_url.clone().into(),
        list.created_at.into(),
    ];
    unit.run_one(INSERT, &values).await?;
    for (position, request) in (0_i64..).zip(&list.requests) {
        unit.run_one(ADD_ITEM, &[list.id.into(), position.into(), (*request).into()])
            .await?;
    }
    Ok(())
}

/// The list with this id.
pub async fn find(db: &Db, id: ListId) -> Result<Option<SigningList>, StoreError> {
    let Some(row) = db.one(BY_ID, &[id.into()]).await? else {
        return Ok(None);
    };
    let items = db.all(ITEMS, &[id.into()]).await?;
    let requests = items.iter().map(|item| item.parsed("request_id"));
    Ok(Some(SigningList {
        id: row.parsed("id")?,
        board: row.parsed("board_id")?,
        client: row.text("client_id")?,
        title: row.text("title")?,
        requests: requests.collect::<Result<_, _>>()?,
        return_url: row.optional_text("return_url")?,
        created_at: row.time("created_at")?,
    }))
}

/// The requests of a list as they are now, in its order.
pub async fn requests(db: &Db, id: ListId) -> Result<Vec<SigningRequest>, StoreError> {
    let rows = db.all(REQUESTS, &[id.into()]).await?;
    rows.iter()
        .map(|row| signing::read(row).map(|kept| kept.request))
        .collect()
}

/// Every try of `person` at the documents of a list, in its order, oldest first for each document.
pub async fn attempts(db: &Db, id: ListId, person: PersonId) -> Result<Vec<Attempt>, StoreError> {
    let rows = db.all(ATTEMPTS, &[id.into(), person.into()]).await?;
    rows.iter().map(signing::read_attempt).collect()
}
