//! The page that a device without trust in the hub is led to, and the one that is shown where the till's app is not there.

use maud::{DOCTYPE, Markup, html};

use crate::http::App;

/// A page for whoever comes by: nothing on it needs a sign-in.
fn open_page(title: &str, store: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · " (store) }
                link rel="stylesheet" href="/assets/hub.css";
                script src="/assets/hub.js" defer {}
            }
            body {
                header { h1 { (store) " · Holdfast hub" } }
                main.narrow { (content) }
            }
        }
    }
}

/// How to make a device trust the hub.
pub(in crate::http) fn trust(app: &App) -> Markup {
    let fingerprint = in_groups(&app.authority.fingerprint());
    let name = app.authority.server_name();
    let content = html! {
        section.card {
            h2 { "Let this device trust the store's hub" }
            p { "A till in the browser works without warnings, and without the hub, once the device trusts the certificate of this store. "
                "It can vouch for nothing else: only for " code { (name) } ", this computer itself, and addresses inside the shop's own network." }
            p #trust data-check="/trust/check.js" {
                span.state.warn data-says="unknown" { "Looking whether this device trusts the hub already …" }
                span.state.good data-says="yes" hidden { "This device trusts the hub. Nothing is left to do." }
                span.state.bad data-says="no" hidden { "This device does not trust the hub yet. Follow the steps below, close all pages of the hub, and open this one again." }
            }
            div.buttons {
                a.button href="/trust/holdfast-store.crt" download { "Get the certificate" }
                a.button.quiet href="/trust/holdfast-store.pem" download { "As PEM, for Linux" }
            }
            p.soft { "Compare its SHA-256 with the one that the hub printed when it was set up, before you trust it:" }
            p.fingerprint { (fingerprint) }
        }
        (steps("Android", &[
            "Get the certificate with the button above.",
            "Open Settings, then Security and privacy, More security settings, Encryption and credentials, Install a certificate, CA certificate.",
            "Confirm that you install it anyway, and choose the file holdfast-store.crt from the downloads.",
            "Close Chrome, open this page again, and see that it says that the device trusts the hub.",
        ]))
        (steps("iPad and iPhone", &[
            "Open this page in Safari and get the certificate; allow the download of a configuration profile.",
            "Open Settings, General, VPN and Device Management, choose the profile, and install it.",
            "Open Settings, General, About, Certificate Trust Settings, and switch full trust on for Holdfast store.",
            "Open this page again.",
        ]))
        (steps("Windows", &[
            "Get the certificate and open the file.",
            "Choose Install Certificate, Local Machine, then \"Place all certificates in the following store\" and Trusted Root Certification Authorities.",
            "Finish, close the browser, and open this page again. Firefox asks Windows by itself; where it does not, switch on security.enterprise_roots.enabled.",
        ]))
        (steps("Linux", &[
            "Get the certificate as PEM.",
            "Chromium: certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n holdfast-store -i holdfast-store.pem",
            "Firefox: Settings, Privacy and Security, View Certificates, Authorities, Import.",
            "The whole machine (Debian): copy it as holdfast-store.crt to /usr/local/share/ca-certificates and run update-ca-certificates.",
        ]))
    };
    open_page("Trust", &super::store_name(app), &content)
}

fn steps(platform: &str, steps: &[&str]) -> Markup {
    html! {
        details.card id={ "on-" (platform.split(' ').next().unwrap_or_default().to_lowercase()) } {
            summary { h2 { (platform) } }
            ol { @for step in steps { li { (step) } } }
        }
    }
}

/// Pairs of hex digits, as people compare them.
fn in_groups(hex: &str) -> String {
    let pairs: Vec<&str> = (0..hex.len()).step_by(2).filter_map(|at| hex.get(at..at + 2)).collect();
    pairs.join(" ")
}

/// There is no app to serve.
pub(in crate::http) fn no_till_app() -> Markup {
    let content = html! {
        section.card {
            h2 { "The till for the browser is not here" }
            p.state.bad role="alert" { "HF-HUB-038 the hub was started without the files of the web till" }
            p { "Selling goes on at every other till. To have this one, build it once where the source is:" }
            pre { "cargo xtask web" }
            p { "Then put the folder that it names beside the program as " code { "till-app" } ", or name it in the settings:" }
            pre { "[till_app]\nfolder = \"/opt/holdfast/till-app\"" }
        }
    };
    open_page("No web till", "Holdfast", &content)
}
