//! What was sent, when it was judged, and by whom.

use std::collections::BTreeMap;
use std::error::Error;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, stream};
use opendialogue::daemon::Daemon;
use opendialogue::daemon::view::Event;
use opendialogue::types::{Digest, MessageId};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use crate::figures::Figures;
use crate::modules::Modules;

/// How long the last messages may take to be judged.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many stories are read at once.
const AT_ONCE: usize = 4;

/// Counts messages by number.
pub(crate) struct Tally {
    sent: Vec<Instant>,
    /// How many belong to phases that are over.
    settled: usize,
    judged: mpsc::Receiver<(usize, Instant)>,
}

impl Tally {
    /// Listens to what `daemon` judges.
    pub(crate) fn listen(daemon: &Daemon) -> Self {
        let (tell, judged) = mpsc::channel(100_000);
        let mut events = daemon.events();
        tokio::task::spawn(async move {
            loop {
                match events.recv().await {
                    Ok(Event::Message {
                        message_id, what, ..
                    }) if what == "waiting" => {
                        let number = message_id.as_str().trim_start_matches('m').parse();
                        let Ok(number) = number else { continue };
                        if tell.try_send((number, Instant::now())).is_err() {
                            return;
                        }
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        });
        Self {
            sent: Vec::new(),
            settled: 0,
            judged,
        }
    }

    /// The number of the next message.
    pub(crate) fn next(&self) -> usize {
        self.sent.len()
    }

    pub(crate) fn sent(&mut self, at: Instant) {
        self.sent.push(at);
    }

    /// Waits for what was sent since the last time, and prints how long it took.
    pub(crate) async fn settle(&mut self, what: &str) -> Result<(), Box<dyn Error>> {
        let wanted = self.sent.len() - self.settled;
        let mut judged = BTreeMap::new();
        while judged.len() < wanted {
            let next = tokio::time::timeout(PATIENCE, self.judged.recv()).await;
            let Ok(Some((number, at))) = next else { break };
            judged.insert(number, at);
        }
        let mut delays = Figures::default();
        for (number, at) in &judged {
            delays.add(*at - self.sent[*number]);
        }
        delays.print(&format!("socket to judged, {what}"), wanted);
        let mut times: Vec<Instant> = judged.into_values().collect();
        times.sort_unstable();
        let gap = times.windows(2).map(|two| two[1] - two[0]).max();
        let gap = gap.unwrap_or_default().as_secs_f64() * 1e3;
        println!("{:<34}{gap:>9.2} ms", format!("worst gap, {what}"));
        self.settled = self.sent.len();
        Ok(())
    }

    /// Reads the story of each message, and prints how many were lost, judged twice, or judged by
    /// parts of two chains.
    pub(crate) async fn audit(
        &self,
        daemon: &Daemon,
        modules: &Modules,
    ) -> Result<(), Box<dyn Error>> {
        let (mut lost, mut doubled, mut half) = (0, 0, 0);
        let numbers = stream::iter(0..self.sent.len());
        let stories = numbers.map(async |number| {
            let id = MessageId::new(&format!("m{number}"))?;
            Ok::<_, Box<dyn Error>>(daemon.story(&id).await?)
        });
        let mut stories = pin!(stories.buffer_unordered(AT_ONCE));
        while let Some(stories) = stories.next().await {
            let stories = stories?;
            let [story] = stories.as_slice() else {
                lost += 1;
                continue;
            };
            let received = story.events.iter().filter(|event| event.what == "received");
            doubled += usize::from(received.count() != 1);
            let digests: Vec<Digest> = story.verdicts.iter().map(|step| step.digest).collect();
            half += usize::from(!modules.is_whole(&digests));
        }
        let all = self.sent.len();
        println!("{all} messages: {lost} lost, {doubled} judged twice, {half} by half a chain");
        Ok(())
    }
}
