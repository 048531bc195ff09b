//! A browser without a window: cookies, redirects, forms. It walks the pages as a person without script would.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header;

use super::LabError;

/// Most redirects followed in a row.
const REDIRECTS: usize = 12;
/// How long a card action may take.
const PATIENCE: usize = 600;

/// A browser with its own cookies.
#[derive(Debug)]
pub struct Walker {
    http: reqwest::Client,
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    page: Page,
    passed: Vec<String>,
}

/// The page a walker stands on.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Its address.
    pub address: String,
    /// Its HTTP status.
    pub status: u16,
    /// Its text.
    pub html: String,
}

/// A form of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormFound {
    /// Where it posts, as written.
    pub action: String,
    /// Its hidden fields, and the first of each group of radio buttons.
    pub fields: Vec<(String, String)>,
}

fn wrong(what: impl Into<String>) -> LabError {
    LabError::Malformed(what.into())
}

impl Walker {
    /// A browser that never was anywhere.
    pub fn new(http: reqwest::Client) -> Self {
        Self {
            http,
            cookies: BTreeMap::new(),
            page: Page::default(),
            passed: Vec::new(),
        }
    }

    /// The page it stands on.
    pub const fn page(&self) -> &Page {
        &self.page
    }

    /// The addresses it came by on its last way, the page's own last.
    pub fn passed(&self) -> &[String] {
        &self.passed
    }

    /// The values of all its cookies.
    pub fn cookies(&self) -> impl Iterator<Item = &str> {
        self.cookies
            .values()
            .flat_map(BTreeMap::values)
            .map(String::as_str)
    }

    /// Goes to `address`, absolute or relative to the page.
    ///
    /// # Errors
    /// When nothing answers, or redirects never end.
    pub async fn go(&mut self, address: &str) -> Result<&Page, LabError> {
        let address = self.absolute(address)?;
        self.walk(address, None).await
    }

    /// Sends the form of this page whose action ends with `action`, with `more` fields beside its own.
    ///
    /// # Errors
    /// When the page has no such form.
    pub async fn send(&mut self, action: &str, more: &[(&str, &str)]) -> Result<&Page, LabError> {
        let form = self.form(action).ok_or_else(|| {
            wrong(format!(
                "the page {} ({}) has no form `{action}`",
                path_of(&self.page.address),
                self.page.status
            ))
        })?;
        let address = self.absolute(&form.action)?;
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(
            form.fields
                .iter()
                .filter(|(name, _)| !more.iter().any(|(other, _)| other == name)),
        );
        body.extend_pairs(more);
        self.walk(address, Some(body.finish())).await
    }

    /// The form of this page whose action ends with `action`.
    pub fn form(&self, action: &str) -> Option<FormFound> {
        forms(&self.page.html)
            .into_iter()
            .find(|form| form.action.ends_with(action))
    }

    /// Follows the page's JSON state until it says where to go on, and goes there.
    ///
    /// # Errors
    /// When the page has no state, or nothing happens for a minute.
    pub async fn wait(&mut self) -> Result<&Page, LabError> {
        let state = attribute(&self.page.html, "data-wait").ok_or_else(|| {
            let heading = heading(&self.page.html);
            wrong(format!(
                "the page {} waits for nothing: {heading}",
                path_of(&self.page.address)
            ))
        })?;
        let state = self.absolute(&state)?;
        for _ in 0..PATIENCE {
            let answer = self.request(&state, None).await?;
            // As the page's script: what is gone is asked for again, and says why.
            if matches!(answer.status().as_u16(), 404 | 410) {
                return self.walk(self.page.address.clone(), None).await;
            }
            if answer.status().is_success() {
                let json: serde_json::Value =
                    serde_json::from_slice(&answer.bytes().await.map_err(|error| wrong(error.to_string()))?)
                        .map_err(|error| wrong(error.to_string()))?;
                if let Some(next) = json.get("next").and_then(serde_json::Value::as_str) {
                    let next = self.absolute(next)?;
                    return self.walk(next, None).await;
                }
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(wrong("nothing happened for a minute"))
    }

    /// Downloads `address` without leaving the page.
    ///
    /// # Errors
    /// When the answer is no success.
    pub async fn download(&mut self, address: &str) -> Result<Vec<u8>, LabError> {
        let address = self.absolute(address)?;
        let answer = self.request(&address, None).await?;
        if !answer.status().is_success() {
            return Err(wrong(format!(
                "{} answers {}",
                path_of(&address),
                answer.status()
            )));
        }
        Ok(answer
            .bytes()
            .await
            .map_err(|error| wrong(error.to_string()))?
            .to_vec())
    }

    /// Asks as the page's script does: a POST of `body` with the page's form token, from the page's own origin when
    /// `origin` is `None`. Returns status and JSON, null where the answer is none.
    ///
    /// # Errors
    /// When nothing answers.
    pub async fn call(
        &mut self,
        address: &str,
        body: String,
        origin: Option<&str>,
    ) -> Result<(u16, serde_json::Value), LabError> {
        let address = self.absolute(address)?;
        let token = forms(&self.page.html)
            .into_iter()
            .flat_map(|form| form.fields)
            .find(|(name, _)| name == "csrf");
        let own = site_of(&self.page.address)?;
        let mut request = self
            .http
            .post(&address)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .header(header::ORIGIN, origin.unwrap_or(&own))
            .body(body);
        if let Some((_, token)) = token {
            request = request.header("x-csrf-token", token);
        }
        let answer = self.send_with_cookies(&address, request).await?;
        let status = answer.status().as_u16();
        let text = answer.bytes().await.map_err(|error| wrong(error.to_string()))?;
        Ok((status, serde_json::from_slice(&text).unwrap_or_default()))
    }

    async fn walk(&mut self, address: String, body: Option<String>) -> Result<&Page, LabError> {
        let (mut address, mut body) = (address, body);
        self.passed.clear();
        for _ in 0..REDIRECTS {
            self.passed.push(address.clone());
            let answer = self.request(&address, body.take()).await?;
            let status = answer.status();
            let location = answer
                .headers()
                .get(header::LOCATION)
                .and_then(|value| value.to_str().ok());
            let next = location.map(str::to_owned);
            let html = answer.text().await.map_err(|error| wrong(error.to_string()))?;
            self.page = Page {
                address: address.clone(),
                status: status.as_u16(),
                html,
            };
            match next.filter(|_| status.is_redirection()) {
                Some(next) => address = self.absolute(&next)?,
                None => return Ok(&self.page),
            }
        }
        Err(wrong("redirects without end"))
    }

    async fn request(&mut self, address: &str, body: Option<String>) -> Result<reqwest::Response, LabError> {
        let request = match body {
            None => self.http.get(address),
            Some(body) => self
                .http
                .post(address)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(
                    header::ORIGIN,
                    site_of(&self.page.address).or_else(|_| site_of(address))?,
                )
                .body(body),
        };
        let request = request.header(header::ACCEPT, "text/html,application/json;q=0.5");
        self.send_with_cookies(address, request).await
    }

    async fn send_with_cookies(
        &mut self,
        address: &str,
        mut request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, LabError> {
        let site = site_of(address)?;
        let cookies: Vec<String> = self
            .cookies
            .get(&site)
            .into_iter()
            .flatten()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let answer = request.send().await.map_err(|error| wrong(error.to_string()))?;
        let jar = self.cookies.entry(site).or_default();
        for value in answer.headers().get_all(header::SET_COOKIE) {
            let text = value.to_str().unwrap_or_default();
            let pair = text.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            if text.to_ascii_lowercase().contains("max-age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(answer)
    }

    fn absolute(&self, address: &str) -> Result<String, LabError> {
        let joined = if self.page.address.is_empty() {
            url::Url::parse(address)
        } else {
            url::Url::parse(&self.page.address).and_then(|page| page.join(address))
        };
        joined
            .map(String::from)
            .map_err(|_| wrong("a link is no address"))
    }
}

fn site_of(address: &str) -> Result<String, LabError> {
    let url = url::Url::parse(address).map_err(|_| wrong("no address"))?;
    Ok(url.origin().ascii_serialization())
}

/// Queries may hold codes: messages show the path alone.
fn path_of(address: &str) -> String {
    url::Url::parse(address)
        .map(|url| url.path().to_owned())
        .unwrap_or_default()
}

/// The text of the page's one heading, for messages.
pub fn heading(html: &str) -> String {
    let after = html
        .split_once("<h1")
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or("", |(_, rest)| rest);
    after.split("</h1>").next().unwrap_or_default().trim().to_owned()
}

/// The value of the first attribute `name` in `html`.
pub fn attribute(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| unescape(value))
}

/// The address of the link with the id `id`.
pub fn link(html: &str, id: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("id=\"{id}\""))?;
    let tag = rest.split('>').next()?;
    attribute(tag, "href")
}

/// Every form of a page.
pub fn forms(html: &str) -> Vec<FormFound> {
    let mut found = Vec::new();
    for part in html.split("<form").skip(1) {
        let inside = part.split("</form>").next().unwrap_or_default();
        let (tag, body) = inside.split_once('>').unwrap_or((inside, ""));
        let mut fields: Vec<(String, String)> = Vec::new();
        for input in body.split("<input").skip(1) {
            let input = input.split('>').next().unwrap_or_default();
            let kind = attribute(input, "type").unwrap_or_default();
            let (Some(name), Some(value)) = (attribute(input, " name"), attribute(input, " value")) else {
                continue;
            };
            let taken = fields.iter().any(|(known, _)| *known == name);
            if kind == "hidden" || (kind == "radio" && !taken) {
                fields.push((name, value));
            }
        }
        found.push(FormFound {
            action: attribute(tag, "action").unwrap_or_default(),
            fields,
        });
    }
    found
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#x27;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_links_are_found() {
        let html = "<h1 tabindex=\"-1\">Kies</h1><a id=\"sign\" href=\"/s?a=1&amp;b=2\">x</a>\
                    <form method=\"post\" action=\"/i/1/capacity\"><input type=\"hidden\" name=\"csrf\" value=\"t\">\
                    <input type=\"radio\" name=\"capacity\" value=\"one\"><input type=\"radio\" name=\"capacity\" \
                    value=\"two\"><button>ok</button></form>";
        assert_eq!(heading(html), "Kies");
        assert_eq!(link(html, "sign").as_deref(), Some("/s?a=1&b=2"));
        let form = forms(html).remove(0);
        assert_eq!(form.action, "/i/1/capacity");
        let pairs: Vec<(&str, &str)> = form
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(pairs, [("csrf", "t"), ("capacity", "one")]);
    }
}
