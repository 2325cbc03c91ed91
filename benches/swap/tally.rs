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

use crate::disk::{Disk, Writes};
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

    /// Notes when each of the next messages was sent.
    pub(crate) fn sent(&mut self, at: Vec<Instant>) {
        self.sent.extend(at);
    }

    /// Waits for what was sent since the last time, and prints how long that took, and how long the
    /// disk took beside it.
    pub(crate) async fn settle(&mut self, what: &str, disk: Disk) -> Result<(), Box<dyn Error>> {
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
        let writes = disk.stop()?;
        let sent = &self.sent;
        let mut order: Vec<Stay> = judged
            .into_iter()
            .map(|(number, judged)| Stay {
                sent: sent[number],
                judged,
            })
            .collect();
        order.sort_unstable_by_key(|stay| stay.judged);
        print_gaps(&order, &writes, what);
        writes.print(&format!("4 KiB written beside, {what}"));
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

/// One message's time in the daemon.
struct Stay {
    sent: Instant,
    judged: Instant,
}

/// Prints the longest time in which none of a phase was judged, and the longest in which one was there
/// to be judged and the disk had nothing under way.
fn print_gaps(order: &[Stay], writes: &Writes, what: &str) {
    let (mut worst, mut rest) = (Duration::ZERO, Duration::ZERO);
    for two in order.windows(2) {
        let (last, until) = (two[0].judged, two[1].judged);
        worst = worst.max(until - last);
        let since = last.max(two[1].sent);
        rest = rest.max((until - since).saturating_sub(writes.under_way(since, until)));
    }
    let [worst, rest] = [worst, rest].map(|time| time.as_secs_f64() * 1e3);
    println!("{:<34}{worst:>9.2} ms", format!("worst gap, {what}"));
    println!("{:<34}{rest:>9.2} ms", "  less the sender's and the disk's");
}
