//! Threads that answer, and their answers in the order of the questions. Only so much is under way at a
//! time, so memory does not depend on how many questions there are.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::Rows;
use super::worker::{Answered, Work, Worker};
use crate::failure::{Failure, Result};
use crate::stop;

/// Pieces of work that are under way, for each thread.
const AHEAD: usize = 4;

struct Job {
    number: u64,
    work: Work,
}

/// The threads, as who reads the questions sees them.
pub struct Crew<'a> {
    jobs: Sender<Job>,
    answers: Receiver<(u64, Answered)>,
    rows: &'a mut Rows,
    /// Answers that wait for earlier ones.
    early: BTreeMap<u64, Answered>,
    /// Where in the inputs each piece of work ends that is under way.
    positions: BTreeMap<u64, u64>,
    given: u64,
    written: u64,
    most: u64,
}

impl Crew<'_> {
    /// Has the workers answer what `ask` gives them, and writes the answers.
    pub fn work(
        workers: Vec<Worker>,
        rows: &mut Rows,
        ask: impl FnOnce(&mut Crew<'_>) -> Result<()>,
    ) -> Result<()> {
        let (jobs, queue) = channel::<Job>();
        let queue = Mutex::new(queue);
        let (sender, answers) = channel();
        thread::scope(|scope| {
            let most = (AHEAD * workers.len()) as u64;
            for mut worker in workers {
                let (queue, sender) = (&queue, sender.clone());
                scope.spawn(move || {
                    loop {
                        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        // There are no more, or nobody waits for answers.
                        let Ok(Job { number, work }) = next else { return };
                        if sender.send((number, worker.answer(work))).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            let (early, positions) = (BTreeMap::new(), BTreeMap::new());
            let mut crew =
                Crew { jobs, answers, rows, early, positions, given: 0, written: 0, most };
            let asked = ask(&mut crew);
            if matches!(asked, Ok(()) | Err(Failure::Stopped(_))) {
                crew.wait_for(0)?;
            }
            asked
        })
    }

    /// Gives work to a thread; `position` bytes of the inputs lie behind it.
    pub fn give(&mut self, work: Work, position: u64) -> Result<()> {
        if stop::wanted() {
            return Err(Failure::Stopped("stopped; the rows so far were written".into()));
        }
        self.wait_for(self.most - 1)?;
        let number = self.given;
        self.given += 1;
        self.positions.insert(number, position);
        self.jobs.send(Job { number, work }).map_err(|_| lost())
    }

    /// Writes answers until no more than so many are missing.
    fn wait_for(&mut self, most: u64) -> Result<()> {
        while self.given - self.written > most {
            let (number, answered) = self.answers.recv().map_err(|_| lost())?;
            self.early.insert(number, answered);
            while let Some(answered) = self.early.remove(&self.written) {
                let position = self.positions.remove(&self.written).unwrap_or_default();
                self.rows.add(&answered, position)?;
                self.written += 1;
            }
        }
        Ok(())
    }
}

fn lost() -> Failure {
    Failure::Error("a thread ended before its work did".into())
}
