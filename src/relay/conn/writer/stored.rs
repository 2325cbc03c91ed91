//! What waits in the mailbox, as this connection takes it up.

use super::*;

impl Writer<'_> {
    /// Takes what a step of the emptying brought.
    pub(super) async fn take_step(&mut self, step: Step) -> Result<(), Broken> {
        match step {
            Step::Listed(Ok(waiting), covers) => {
                let todo = waiting.into_iter().filter(|mail| self.is_to_write(mail));
                let todo = todo.collect();
                self.drain.take_up(todo, covers);
            }
            Step::Fetched(Ok(mail), places) => {
                (mail.len()..places).for_each(|_| self.live.give_room());
                for mail in mail {
                    self.deliver_stored(mail).await?;
                }
            }
            // The next sign of life asks for another look.
            Step::Listed(Err(why), _) => error!("a mailbox could not be read: {why}"),
            Step::Fetched(Err(why), places) => {
                (0..places).for_each(|_| self.live.give_room());
                error!("mail could not be read: {why}");
                return Ok(());
            }
        }
        if let Some(covered) = self.drain.covered() {
            self.live.set_drained(covered);
        }
        Ok(())
    }

    fn is_to_write(&self, mail: &Waiting) -> bool {
        !self.window.holds(&mail.name) && !self.passed_over.contains(&mail.name)
    }

    async fn deliver_stored(&mut self, mail: StoredMail) -> Result<(), Broken> {
        if self.session.is_version_1() && !legacy::survives_version_1(&mail.message.content) {
            self.live.give_room();
            self.pass_over(mail).await;
            return Ok(());
        }
        let nonce = self.nonces.next();
        let parcel = Parcel::of_stored(mail, self.now, nonce);
        self.deliver(parcel).await
    }

    /// The agent came back speaking version 1, which would alter this. Its sender is told; where
    /// it is not there to hear, the mail stays for a connection that can be given it.
    async fn pass_over(&mut self, mail: StoredMail) {
        let name = MailName::of(&mail.message);
        let reason = "the receiver now speaks version 1 and would alter this content";
        let refusal = Refusal::new(ErrorCode::InvalidContent, reason);
        let notice = Notice::Settled(name.id.clone(), Settlement::Refused(refusal));
        if self.node.bus.tell(&name.from, notice).await {
            self.remove(vec![name]).await;
        } else {
            self.passed_over.insert(name);
        }
    }
}
