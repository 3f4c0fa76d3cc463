//! Progress on standard error: a bar on a terminal, a few plain lines elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Progress of one piece of work; shared between threads. Dropping it ends the bar.
pub struct Progress {
    kind: Kind,
    what: String,
    total: u64,
    done: AtomicU64,
    started: Instant,
}

enum Kind {
    Bar(ProgressBar),
    Lines,
    Silent,
}

impl Progress {
    /// `total` steps of `what`, such as `"Extracting"`.
    pub fn new(what: &str, total: u64, quiet: bool) -> Self {
        Self::of_kind(what, total, if quiet { Kind::Silent } else { Kind::Lines })
    }

    /// The same for work that is over soon: a bar on a terminal and not a word elsewhere.
    pub fn brief(what: &str, total: u64, quiet: bool) -> Self {
        let kind =
            if quiet || !std::io::stderr().is_terminal() { Kind::Silent } else { Kind::Lines };
        Self::of_kind(what, total, kind)
    }

    fn of_kind(what: &str, total: u64, kind: Kind) -> Self {
        let kind = match kind {
            Kind::Lines if std::io::stderr().is_terminal() => Kind::Bar(bar(what, total)),
            kind => kind,
        };
        let (what, done, started) = (what.to_owned(), AtomicU64::new(0), Instant::now());
        Self { kind, what, total, done, started }
    }

    /// `steps` more are done.
    pub fn advance(&self, steps: u64) {
        let before = self.done.fetch_add(steps, Ordering::Relaxed);
        self.show(before, before + steps);
    }

    /// `done` steps in all are done, when a callee counts for itself. Calls may come out of order.
    pub fn set(&self, done: u64) {
        let before = self.done.fetch_max(done, Ordering::Relaxed);
        if before < done {
            self.show(before, done);
        }
    }

    fn show(&self, before: u64, after: u64) {
        match &self.kind {
            Kind::Bar(bar) => bar.inc(after - before),
            Kind::Lines => self.line_at_each_quarter(before, after),
            Kind::Silent => {}
        }
    }

    /// Ends the bar, or says in one line how long it took.
    pub fn finish(self) {
        if let Kind::Lines = self.kind {
            let done = self.done.load(Ordering::Relaxed);
            let seconds = self.started.elapsed().as_secs_f64();
            eprintln!("{}: {done} in {seconds:.1} s", self.what);
        }
    }

    fn line_at_each_quarter(&self, before: u64, after: u64) {
        // Short work needs no line of its own beside the final one.
        let quarter = |done: u64| done * 4 / self.total.max(1);
        if quarter(after) > quarter(before) && after < self.total && self.total >= 100 {
            eprintln!("{}: {after} of {}", self.what, self.total);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Kind::Bar(bar) = &self.kind {
            bar.finish_and_clear();
        }
    }
}

fn bar(what: &str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{prefix:<24} {wide_bar:.cyan/dim} {pos:>7}/{len}  {rate:>9}  {eta_precise} left",
    )
    .expect("the template is a constant and valid")
    .with_key("rate", |state: &ProgressState, text: &mut dyn fmt::Write| {
        // A rate that cannot be written is not worth a message.
        let _ = write!(text, "{:.1}/s", state.per_sec());
    })
    .progress_chars("━━─");
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
    bar.set_style(style);
    bar.set_prefix(what.to_owned());
    bar
}
