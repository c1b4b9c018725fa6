//! Settings of providers: what is a fault, what the operator is told, and where their secrets come from.

use serde_json::Value;

use crate::support::Home;
use crate::support::idp::{CLIENT_SECRET, Kind, Person, Provider};

#[tokio::test]
async fn the_operator_is_told_where_people_come_back_to() {
    let (github, keycloak) = (
        Provider::open(Kind::GitHub).await,
        Provider::open(Kind::OpenId).await,
    );
    let home = keycloak.join(github.join(Home::new()));
    let server = home.set("PUBLIC_URL", "https://chess.example").serve().await;
    let printed = server.stdout();
    let told = server.home().run(&["doctor"]).await.stdout;
    for kind in [Kind::GitHub, Kind::OpenId] {
        let address = server.callback_of(kind);
        assert!(printed.contains(&address), "{printed}");
        assert!(told.contains(&address), "{told}");
    }
    for secret in [CLIENT_SECRET, "Basic "] {
        assert!(!printed.contains(secret) && !told.contains(secret));
    }
}

#[tokio::test]
async fn doctor_looks_at_each_provider() {
    let (google, keycloak) = (
        Provider::open(Kind::Google).await,
        Provider::open(Kind::OpenId).await,
    );
    let home = keycloak.join(google.join(Home::new()));
    keycloak.go_away();
    let ran = home.run(&["doctor", "--json"]).await;
    let checks: Vec<Value> = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let find = |name: &str| {
        let found = checks.iter().find(|check| check["check"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {checks:?}"))
    };
    assert_eq!(find("provider google")["state"], "ok");
    let away = find("provider keycloak");
    assert_eq!(away["state"], "problem");
    assert!(away["remedy"].is_string(), "{away}");
    assert!(google.exchanges().is_empty(), "nobody signs in");
}

/// What `check-config` says about these settings that do not go together.
async fn faults_of(settings: &[(&str, &str)]) -> String {
    let mut home = Home::new();
    for (name, value) in settings {
        home.put(name, *value);
    }
    home.run(&["check-config"]).await.failed()
}

#[tokio::test]
async fn half_a_provider_is_a_fault() {
    let whole: [&[(&str, &str)]; 5] = [
        &[("GOOGLE_CLIENT_ID", "id"), ("GOOGLE_CLIENT_SECRET", "s3cret")],
        &[("GITHUB_CLIENT_ID", "id"), ("GITHUB_CLIENT_SECRET", "s3cret")],
        &[
            ("MICROSOFT_CLIENT_ID", "id"),
            ("MICROSOFT_CLIENT_SECRET", "s3cret"),
        ],
        &[
            ("OIDC_CLUB_ISSUER", "https://id.example"),
            ("OIDC_CLUB_CLIENT_ID", "id"),
            ("OIDC_CLUB_CLIENT_SECRET", "s3cret"),
        ],
        &[
            ("OAUTH_MY_CLUB_AUTHORIZE_URL", "https://id.example/authorize"),
            ("OAUTH_MY_CLUB_TOKEN_URL", "https://id.example/token"),
            ("OAUTH_MY_CLUB_USERINFO_URL", "https://id.example/me"),
            ("OAUTH_MY_CLUB_CLIENT_ID", "id"),
            ("OAUTH_MY_CLUB_CLIENT_SECRET", "s3cret"),
        ],
    ];
    for settings in whole {
        let mut home = Home::new();
        for (name, value) in settings {
            home.put(name, *value);
        }
        let shown = home.run(&["check-config"]).await.ok();
        assert!(!shown.contains("s3cret"), "{shown}");
        for (missing, _) in settings {
            let others = settings.iter().filter(|(name, _)| name != missing);
            let told = faults_of(&others.copied().collect::<Vec<_>>()).await;
            assert!(told.contains(missing), "{missing} is not in {told}");
            assert!(!told.contains("s3cret"), "{told}");
        }
    }
    let served = Home::new().set("GOOGLE_CLIENT_ID", "id").run(&["serve"]).await;
    assert!(
        served
            .failed()
            .contains("GOOGLE_CLIENT_SECRET: is required with GOOGLE_CLIENT_ID"),
        "also where it would have mattered"
    );
}

#[tokio::test]
async fn settings_that_would_break_sign_in_are_refused() {
    let club = [("OIDC_CLUB_CLIENT_ID", "id"), ("OIDC_CLUB_CLIENT_SECRET", "s")];
    for issuer in [
        "http://id.example",
        "http://127.0.0.1.evil.example",
        "ftp://id.example",
        "id.example",
        "javascript:alert(1)",
    ] {
        let settings = [club[0], club[1], ("OIDC_CLUB_ISSUER", issuer)];
        let told = faults_of(&settings).await;
        assert!(told.contains("OIDC_CLUB_ISSUER"), "{issuer}: {told}");
    }
    for issuer in [
        "https://id.example",
        "http://127.0.0.1:1",
        "http://localhost:1/realms/x",
        "http://[::1]:1",
    ] {
        let mut home = Home::new().set("OIDC_CLUB_ISSUER", issuer);
        for (name, value) in club {
            home.put(name, value);
        }
        home.run(&["check-config"]).await.ok();
    }
    let twice = [
        ("OIDC_GOOGLE_ISSUER", "https://id.example"),
        ("OIDC_GOOGLE_CLIENT_ID", "id"),
        ("OIDC_GOOGLE_CLIENT_SECRET", "s"),
        ("GOOGLE_CLIENT_ID", "id"),
        ("GOOGLE_CLIENT_SECRET", "s"),
    ];
    let told = faults_of(&twice).await;
    assert!(told.to_lowercase().contains("google"), "{told}");
    let told = faults_of(&[("LOCAL_SIGN_IN", "off")]).await;
    assert!(told.contains("LOCAL_SIGN_IN"), "nobody could come in: {told}");
}

#[tokio::test]
async fn the_secret_may_come_from_a_file() {
    let provider = Provider::open(Kind::OpenId).await;
    let mut home = provider.join(Home::new());
    home.unset("OIDC_KEYCLOAK_CLIENT_SECRET");
    let file = home.path("secret").display().to_string();
    home.put("OIDC_KEYCLOAK_CLIENT_SECRET_FILE", file.as_str());
    let told = home.run(&["check-config"]).await.failed();
    assert!(
        told.contains("OIDC_KEYCLOAK_CLIENT_SECRET_FILE") && told.contains(&file),
        "{told}"
    );
    std::fs::write(&file, format!("{CLIENT_SECRET}\n")).unwrap();
    let server = home.serve().await;
    let app = server.app("Test App").await;
    server.sign_in_through(&app, &provider, &Person::alice()).await;
}
