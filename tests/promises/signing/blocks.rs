//! Who is blocked at a board signs nothing there, and is told so before a PIN is asked.

use zegel::base::digest::Sha256Digest;
use zegel::base::national::NationalNumber;
use zegel::journeys::administer;
use zegel::lab::persons::DemoPerson;
use zegel::store::blocks::{BlockId, NewBlock, Subject};
use zegel::store::persons;

use super::town::{READER, RIGHT, towns};

#[actix_web::test]
async fn a_blocked_signer_or_card_signs_nothing_and_no_pin_is_asked() {
    for town in towns().await {
        let (engine, board) = (town.world.engine, town.world.board.id);
        let (app, random) = (&town.world.app, town.world.app.random.as_ref());
        let id = town.open().await;
        let made = town.world.cards.specimen("mayor", |_| ());
        let certificate = Sha256Digest::of(&made.signature.certificate_der);
        town.world.cards.readers.insert(READER, made.card);
        let number = NationalNumber::parse(DemoPerson::find("mayor").unwrap().national_number).unwrap();
        let pseudonym = persons::pseudonym(&app.db, board, &number, &app.kek, random, town.now())
            .await
            .unwrap();
        let person = town.person("mayor", board).await;
        for (subject, person) in [
            (Subject::Certificate(certificate), None),
            (Subject::Person(pseudonym), Some(person)),
        ] {
            let block = NewBlock {
                id: BlockId::new(town.now(), random),
                board,
                subject,
                reason: "lost".to_owned(),
                created_at: town.now(),
            };
            administer::block(&app.db, &block, person, random).await.unwrap();
            let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
            assert_eq!(
                mayor.sign(&id).await.as_deref(),
                Some("not_authorised"),
                "{engine}"
            );
            assert_eq!(town.state(&id).await, "open: open, open", "{engine}");
            administer::unblock(&app.db, board, subject, person, random, town.now())
                .await
                .unwrap();
        }
        assert_eq!(town.world.cards.heard(), "", "{engine}: no PIN was asked");
        let mayor = town.seat("mayor", &town.instance(RIGHT)).await;
        assert_eq!(mayor.sign(&id).await, None, "{engine}");
    }
}
