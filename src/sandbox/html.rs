//! Pages for people: plain HTML that any browser shows, and forms that it can send.

use super::answer::{Answer, set, text};
use super::encode::xml;

/// A page with this title, and a body that is HTML already.
pub(crate) fn page(status: u16, title: &str, body: &str) -> Answer {
    let title = xml(title);
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
    );
    let mut answer = text(status, "text/html;charset=utf-8", page);
    set(&mut answer, "cache-control", "no-store");
    answer
}

/// A form that asks for a decision and sends it back to `action`, together with fields that nobody sees.
pub(crate) fn decision(action: &str, seen: &str, hidden: &[(&str, &str)]) -> String {
    let field = |(name, value): &(&str, &str)| {
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", xml(value))
    };
    let hidden: String = hidden.iter().map(field).collect();
    format!(
        "<form method=\"post\" action=\"{action}\">\n{hidden}{seen}\n\
         <button id=\"approve\" name=\"decision\" value=\"approve\">Approve</button>\n\
         <button id=\"deny\" name=\"decision\" value=\"deny\">Deny</button>\n</form>"
    )
}

/// Sends the browser on.
pub(crate) fn redirect(location: &str) -> Answer {
    let mut answer = page(302, "Go on", &format!("<a href=\"{}\">Go on</a>", xml(location)));
    set(&mut answer, "location", location);
    answer
}
