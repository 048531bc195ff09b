//! A browser and its pages, driven in this process through every layer of the service but the socket.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use actix_web::test::{self, TestRequest};
use actix_web::web;
use zegel::http::server::{Furnish, application};
use zegel::http::site::{Origin, Site};
use zegel::journeys::App;

use super::world::{ORIGIN, World, request};

/// A browser on this machine: it keeps cookies and follows nothing by itself.
pub(crate) struct Visitor {
    pub(crate) app: Arc<App>,
    pub(crate) peer: &'static str,
    pub(crate) cookies: Mutex<BTreeMap<String, String>>,
    pub(crate) language: &'static str,
    /// What the site takes as an upload, in bytes.
    pub(crate) upload_bytes: usize,
}

/// What it was answered.
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) policy: String,
    /// Media type, and how it is saved.
    pub(crate) kind: (String, String),
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Visitor {
    pub(crate) fn new(app: Arc<App>) -> Self {
        Self {
            app,
            peer: "127.0.0.1:50000",
            cookies: Mutex::default(),
            language: "en",
            upload_bytes: 10_000,
        }
    }

    pub(crate) async fn ask(&self, request: TestRequest) -> Seen {
        let mut site = Site::new(
            Origin::parse(ORIGIN).unwrap(),
            self.app.clock.clone(),
            self.app.random.clone(),
        );
        site.limits.upload_bytes = self.upload_bytes;
        let app = web::Data::from(Arc::clone(&self.app));
        let furnish: Furnish = Arc::new(move |config| {
            config.app_data(app.clone());
        });
        let service = test::init_service(application(web::Data::new(site), &furnish)).await;
        let jar = self
            .cookies
            .lock()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>();
        let request = request
            .peer_addr(self.peer.parse().unwrap())
            .insert_header(("cookie", jar.join("; ")));
        let response = test::call_service(&service, request.to_request()).await;
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
                .unwrap_or_default()
        };
        let (status, location, policy) = (
            response.status(),
            header("location"),
            header("content-security-policy"),
        );
        let kind = (header("content-type"), header("content-disposition"));
        for set in response.headers().get_all("set-cookie") {
            let pair = set.to_str().unwrap().split(';').next().unwrap().to_owned();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies
                .lock()
                .unwrap()
                .insert(name.to_owned(), value.to_owned());
        }
        let bytes = to_bytes(response.into_body()).await.unwrap().to_vec();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Seen {
            status,
            location,
            policy,
            kind,
            body,
            bytes,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Seen {
        self.ask(
            TestRequest::get()
                .uri(path)
                .insert_header(("accept-language", self.language)),
        )
        .await
    }

    pub(crate) async fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Seen {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let request = TestRequest::post()
            .uri(path)
            .insert_header(("content-type", "application/x-www-form-urlencoded"))
            .insert_header(("origin", ORIGIN))
            .insert_header(("sec-fetch-site", "same-origin"))
            .insert_header(("accept-language", self.language));
        self.ask(request.set_payload(body)).await
    }

    /// Begins a visit; returns its path.
    pub(crate) async fn begin(&self, world: &World) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(request("app", &[]))
            .finish();
        let begun = self
            .get(&format!("/b/{}/authorize?{query}", world.board.slug))
            .await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
        begun.location.split('?').next().unwrap().to_owned()
    }
}

/// The token in the page's form.
pub(crate) fn token(page: &Seen) -> String {
    let rest = page
        .body
        .split("name=\"csrf\" value=\"")
        .nth(1)
        .expect("a form with its token");
    rest.split('"').next().unwrap().to_owned()
}

/// The page's one heading.
pub(crate) fn heading(page: &Seen) -> String {
    let rest = page.body.split("<h1").nth(1).unwrap().split_once('>').unwrap().1;
    rest.split("</h1>").next().unwrap().to_owned()
}
