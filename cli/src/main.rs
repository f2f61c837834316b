//! `tabgrad`: trains and runs models from the command line, by the engine that runs in web pages.

mod arguments;
mod console;
mod convert;
mod data;
mod evaluate;
mod failure;
mod files;
mod inspect;
mod measure;
mod models;
mod named;
mod predict;
mod shown;
mod stop;
mod train;

use std::process::ExitCode;
use std::thread;

use clap::Parser as _;

use arguments::{Arguments, Command};
use console::Console;
use failure::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    stop::listen();
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
        let _ = Failure::Error(format!("internal error{place}; please report it")).report();
    }));
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(arguments: &Arguments) -> failure::Result<()> {
    let console = Console { quiet: arguments.quiet };
    let threads = match arguments.threads {
        Some(threads) => threads as usize,
        None => thread::available_parallelism().map_or(1, usize::from),
    };
    match &arguments.command {
        Command::Inspect(own) => inspect::run(&own.model, own.json),
        Command::Convert(own) => convert::run(own, threads, console),
        Command::Evaluate(own) => evaluate::run(own, threads, console),
        Command::Train(own) => train::run(own, threads, console),
        Command::Predict(own) => predict::run(own, threads, console),
    }
}
