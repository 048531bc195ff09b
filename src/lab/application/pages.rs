//! The application's one page, as plain HTML.

use std::fmt::Write as _;

use serde_json::Value;

/// The style sheet.
pub(super) const STYLE: &str = ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;\
margin:0 auto;padding:1rem}header{border-bottom:.25rem solid #8a4b08;margin-bottom:1rem}button{font:inherit;\
padding:.6rem 1rem;min-height:2.75rem}dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}pre{overflow:auto;\
padding:.75rem;border:1px solid;white-space:pre-wrap;overflow-wrap:anywhere}a{overflow-wrap:anywhere}";

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

fn frame(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"nl\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"stylesheet\" href=\"/style.css\"></head><body><header><p><strong>TEST</strong> · \
         demotoepassing van Zegelgem</p></header><main><h1>{title}</h1>{body}</main></body></html>"
    )
}

/// The page with what the application received, and what it can do next.
pub(super) fn home(claims: Option<&Value>, sent: Option<&Value>) -> String {
    let mut body = String::new();
    match claims {
        None => body.push_str(
            "<p>Deze toepassing kent u nog niet.</p>\
             <form method=\"post\" action=\"/login\"><button>Aanmelden met zegel</button></form>",
        ),
        Some(claims) => {
            let name = |member: &str| {
                claims
                    .pointer(&format!("/userinfo/{member}"))
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let _ = write!(
                body,
                "<p id=\"welcome\">Welkom, {} {}.</p><h2>Wat deze toepassing kreeg</h2><pre id=\"claims\" tabindex=\"0\">{}</pre>\
                 <form method=\"post\" action=\"/login\"><button>Opnieuw aanmelden</button></form>",
                escape(&name("given_name")),
                escape(&name("family_name")),
                escape(&format!("{claims:#}")),
            );
        }
    }
    body.push_str("<h2>Een besluit laten ondertekenen</h2>");
    match sent {
        None => body.push_str(
            "<p>De toepassing stuurt een besluit van het college naar zegel. De burgemeester en daarna de \
             algemeen directeur ondertekenen.</p>\
             <form method=\"post\" action=\"/send\"><button>Besluit versturen</button></form>",
        ),
        Some(sent) => request(&mut body, sent),
    }
    frame("Demotoepassing", &body)
}

fn request(body: &mut String, sent: &Value) {
    let text = |member: &str| sent.get(member).and_then(Value::as_str).unwrap_or_default();
    let _ = write!(
        body,
        "<dl><dt>Document</dt><dd>{}</dd><dt>Toestand</dt><dd id=\"state\">{}</dd></dl>\
         <p><a id=\"sign\" href=\"{}\">Naar de ondertekenpagina</a></p><ol>",
        escape(text("title")),
        escape(text("state")),
        escape(text("signing_url")),
    );
    for slot in sent.get("slots").and_then(Value::as_array).into_iter().flatten() {
        let stage = slot.get("stage").and_then(Value::as_str).unwrap_or_default();
        let who = slot
            .pointer("/signer/capacity")
            .or_else(|| slot.pointer("/roles/0"))
            .and_then(Value::as_str);
        let _ = write!(
            body,
            "<li>{}: {}</li>",
            escape(who.unwrap_or_default()),
            escape(stage)
        );
    }
    body.push_str("</ol>");
    if text("state") == "completed" {
        body.push_str(
            "<p><a id=\"document\" href=\"/document\">Ondertekend document</a> · \
             <a id=\"proof\" href=\"/proof\">Bewijs</a></p>",
        );
    }
    match sent.pointer("/publication_copy/state").and_then(Value::as_str) {
        Some("done") => body.push_str(
            "<p><a id=\"publication\" href=\"/publication\">Kopie voor publicatie</a>, met het zegel van de gemeente</p>",
        ),
        Some("waiting") => {
            body.push_str("<p>De kopie voor publicatie wordt verzegeld. Laad deze pagina straks opnieuw.</p>");
        }
        _ => {}
    }
    body.push_str("<form method=\"post\" action=\"/send\"><button>Nog een besluit versturen</button></form>");
}

/// The page that says a call failed.
pub(super) fn failure(message: &str) -> String {
    frame(
        "Dat lukte niet",
        &format!(
            "<p role=\"alert\">{}</p><p><a href=\"/\">Terug</a></p>",
            escape(message)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_elsewhere_is_escaped() {
        let sent =
            serde_json::json!({"title": "<script>x</script>", "state": "open", "signing_url": "\"><b>"});
        let html = home(None, Some(&sent));
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
    }
}
