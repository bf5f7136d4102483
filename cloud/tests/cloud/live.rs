//! A batch reaches an open page within a deadline, and nobody hears of foreign stores.

use std::time::Duration;

use holdfast_cloud::store::Scope;
use reqwest::StatusCode;

use crate::support::Cloud;

const DEADLINE: Duration = Duration::from_secs(2);

/// An open page's stream.
struct Hints {
    answer: reqwest::Response,
    text: String,
}

impl Hints {
    async fn open(cloud: &Cloud, token: &str) -> Self {
        let answer = cloud.get(token, "/api/v1/live").await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, text: String::new() }
    }

    /// Waits for a text and answers with everything that had come until then.
    async fn next(&mut self, wanted: &str) -> String {
        loop {
            if self.text.contains(wanted) {
                return std::mem::take(&mut self.text);
            }
            let piece = tokio::time::timeout(DEADLINE, self.answer.chunk()).await.expect("an event in time");
            let piece = piece.unwrap().expect("an open stream");
            self.text.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }
}

#[tokio::test]
async fn hints_arrive_in_time_and_within_the_scope() {
    let cloud = Cloud::start().await;
    let mut own = cloud.hub("Own").await;
    let mut foreign = cloud.hub("Foreign").await;
    cloud.add_user("local", &Scope::Stores([own.store].into())).await;
    let token = cloud.token("local").await;
    let mut hints = Hints::open(&cloud, &token).await;
    hints.next("event: hello\ndata: live").await;
    foreign.trade(3);
    foreign.send_from(&cloud, 1).await;
    own.trade(3);
    own.send_from(&cloud, 1).await;
    let heard = hints.next(&format!("event: store\ndata: {}", own.store)).await;
    assert!(!heard.contains(&foreign.store.to_string()), "{heard}");
    own.heartbeat(&cloud, 1, false).await;
    hints.next(&format!("event: store\ndata: {}", own.store)).await;
}

#[tokio::test]
async fn a_stop_ends_open_streams() {
    let cloud = Cloud::start().await;
    cloud.add_user("boss", &Scope::All).await;
    let token = cloud.token("boss").await;
    let mut hints = Hints::open(&cloud, &token).await;
    hints.next("event: hello\ndata: live").await;
    let stopping = cloud.stop();
    tokio::time::timeout(Duration::from_secs(5), stopping).await.expect("open pages do not hold a stop up");
}
