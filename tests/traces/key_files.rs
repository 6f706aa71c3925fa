//! What key files hold, and the keys that are minted from it, are secrets like any other: the files are good, broken and of
//! another kind, and nothing of them is found in an answer, an access line or the log.

use crate::kit::canary::{self, API_KEY, APP_SECRET, MINTED_KEY, SPEECH_SECRET};
use crate::kit::clock::unix_seconds;
use crate::kit::{Kit, Reply, Seen, Upstream, get, with_body, witness};

const API: &str = "api.example.com";
const SPEECH: &str = "speech.example.com";
const STUDIO: &str = "dashscope.aliyuncs.com";
const HOSTS: [&str; 3] = [API, SPEECH, STUDIO];

/// Every host, and the minting.
fn cloud(seen: &Seen, mints: bool) -> Reply {
    let target = seen.target();
    let unknown = r#"{"code":"InvalidApiKey","message":"x"}"#;
    match target.split('?').next().unwrap() {
        "/api/v1/tokens" if mints => {
            let ends = unix_seconds() + 1_800;
            Reply::status("200 OK", &format!(r#"{{"token":"{MINTED_KEY}","expires_at":{ends}}}"#))
        }
        "/api/v1/tokens" => Reply::status("200 OK", &format!(r#"{{"key":"{MINTED_KEY}","of":"{API_KEY}"}}"#)),
        "/unknown" => Reply::status("401 Unauthorized", unknown),
        _ => Reply::ok(),
    }
}

#[tokio::test]
async fn nothing_of_a_key_file_is_found_in_anything_that_anybody_can_read() {
    let app = format!(r#"{{"app_key":"203112345","app_secret":"{APP_SECRET}"}}"#);
    let speech = format!(r#"{{"access_key_id":"LTAIspeech","access_key_secret":"{SPEECH_SECRET}"}}"#);
    let studio = format!(r#"{{"api_key":"{API_KEY}"}}"#);
    let cut = |text: &str| text[..text.len() - 2].to_owned();
    let doubled = |text: &str| format!("{text}{text}");
    let spoilt = |text: &str| text.replace("Canary", "Canary\\u0000");
    let files = [
        ("good", [app.clone(), speech.clone(), studio.clone()]),
        ("cut off", [cut(&app), cut(&speech), cut(&studio)]),
        ("written twice", [doubled(&app), doubled(&speech), doubled(&studio)]),
        ("with a byte that no key has", [spoilt(&app), spoilt(&speech), spoilt(&studio)]),
        ("of another kind", [speech.clone(), studio.clone(), app.clone()]),
        ("bare", [APP_SECRET.to_owned(), SPEECH_SECRET.to_owned(), API_KEY.to_owned()]),
    ];
    // Each waits some seconds for a key that does not come: all at once.
    let mut all = tokio::task::JoinSet::new();
    for (name, files) in files {
        // What is minted, or not, from a good file alone.
        let ways: &[_] =
            if name == "good" { &[(false, true), (true, true), (true, false)] } else { &[(true, true)] };
        for &(temporary, mints) in ways {
            all.spawn(sound((name, files.clone()), temporary, mints));
        }
    }
    while let Some(ended) = all.join_next().await {
        ended.unwrap();
    }
    clean("the log", &witness::log());
}

/// Files of one sort, and what becomes of every request.
async fn sound((name, files): (&str, [String; 3]), temporary: bool, mints: bool) {
    let name = format!("files that are {name}, temporary = {temporary}, minted: {mints}");
    let upstream = Upstream::start(move |seen, _| cloud(seen, mints)).await;
    let kit = Kit::new().access();
    for (file, text) in ["app.json", "speech.json", "studio.json"].into_iter().zip(&files) {
        kit.place.write(file, text);
    }
    let url = format!("http://{}", upstream.address);
    let rows = HOSTS.map(|host| format!("\"{host}\" = \"{url}\"\n")).concat();
    let tables = format!(
        "[keys.app]\nfile = \"app.json\"\n[keys.speech]\nfile = \"speech.json\"\n\
         [keys.studio]\nfile = \"studio.json\"\nproduct = \"dashscope\"\ntemporary = {temporary}\n\
         [hosts]\n\"{API}\" = {{ product = \"apigateway\", keys = \"app\" }}\n\
         \"{SPEECH}\" = {{ product = \"dataplus\", keys = \"speech\" }}"
    );
    let proxy = kit.connect_to(&url).settings(&rows).settings(&tables).start().await;
    let (mut all, mut answered) = (String::new(), 0);
    for host in HOSTS {
        for path in ["/", "/unknown"] {
            for request in [get(host, path), with_body("POST", host, path, "x-api-key: dummy\r\n", "{}")] {
                let answer = proxy.call(request).await;
                answered += usize::from(answer.status == 200);
                all.push_str(&format!("{answer:?} {}", answer.text()));
            }
        }
    }
    for path in ["/metrics", "/readyz", "/config"] {
        all.push_str(&proxy.admin(path).await.text());
    }
    all.push_str(&format!("{:?}\n{:#?}", proxy.sidecar, proxy.sidecar));
    clean(&name, &all);
    let expected = match (name.contains("good"), temporary && !mints) {
        (true, false) => 6,
        (true, true) => 4,
        (false, _) => 0,
    };
    assert_eq!(answered, expected, "{name}: {all}");
    let seen = upstream.requests().iter().map(Seen::lower).collect::<String>();
    for secret in [APP_SECRET, SPEECH_SECRET] {
        assert!(!seen.contains(&secret.to_lowercase()), "{name}: a secret left");
    }
    let lines = proxy.access_lines(12).await;
    clean(&name, &format!("{lines:?}"));
}

fn clean(name: &str, text: &str) {
    if let Some(found) = canary::found_in(text.as_bytes()) {
        panic!("{name}: {found}");
    }
}
