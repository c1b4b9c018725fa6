//! The command line: which command, with which settings, and how failures are told.

use clap::{Args, Parser, Subcommand};

use crate::commands;
use crate::config::{Config, Fault, Options, PROVIDERS_HELP, ProviderVariables, SECRETS_HELP, SecretOptions};

/// Chess for chat assistants: an MCP server with its own sign-in.
#[derive(Debug, Parser)]
#[command(name = "chess-mcp", version, after_help = format!("{PROVIDERS_HELP}\n\n{SECRETS_HELP}"), propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

/// What to do; `serve` when nothing is said.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve,
    /// Check the settings and print the ones in effect, secrets masked
    CheckConfig,
    /// Look for what is wrong, and say how to mend it; changes nothing
    Doctor {
        /// Print an array of {check, state, detail, remedy}
        #[arg(long)]
        json: bool,
    },
    /// Local accounts
    #[command(subcommand)]
    Users(Users),
    /// OAuth clients: the apps that may ask people for access
    #[command(subcommand)]
    Clients(Clients),
    /// Who let which app in
    #[command(subcommand)]
    Grants(Grants),
    /// Signing keys
    #[command(subcommand)]
    Keys(Keys),
    /// Sign-ins
    #[command(subcommand)]
    Auth(Auth),
    /// Print an access token for a local user, for scripts and MCP Inspector
    Token {
        /// Whose token
        #[arg(long)]
        user: String,
        /// Its life in seconds; default: ACCESS_TOKEN_TTL
        #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i64).range(1..=31_536_000))]
        ttl: Option<i64>,
    },
    /// Write a consistent copy of the database to a new file, while the server runs
    Backup {
        /// The file, which must not exist
        file: std::path::PathBuf,
    },
    /// Puzzles beyond those that come with the program
    #[command(subcommand)]
    Puzzles(Puzzles),
    /// Put a backup in the place of the database, with the server stopped
    Restore {
        /// The backup
        file: std::path::PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum Users {
    /// Add an account; without --password-stdin a password is generated and printed once
    Add(WithPassword),
    /// List all accounts
    List,
    /// Change a password and end the browser sessions
    Passwd(WithPassword),
    /// Shut somebody out, from their next request on
    Disable {
        /// The account, provider:subject, or the id
        name: String,
    },
    /// Let somebody in again
    Enable {
        /// The account, provider:subject, or the id
        name: String,
    },
    /// Remove an account and all its games
    Remove {
        /// The account, provider:subject, or the id
        name: String,
        /// Say that you mean it
        #[arg(long, required = true)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
struct WithPassword {
    /// The account
    name: String,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Debug, Subcommand)]
enum Clients {
    /// List all clients: how they call themselves, where they come from, where they send people, their use
    List,
    /// Add a client for an app that cannot register itself; its id, and its secret once, are printed
    Add {
        /// How it is called on the consent page
        #[arg(long)]
        name: String,
        /// Where it may be answered; several URIs, or the switch several times
        #[arg(long = "redirect-uri", value_name = "URI", required = true, num_args = 1..)]
        redirect_uris: Vec<String>,
        /// Give it a secret, which it then has to show
        #[arg(long)]
        confidential: bool,
    },
    /// Remove a client: its grants end with their next request
    Remove {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum Grants {
    /// List the live grants, last used first
    List {
        /// Only those of this account
        #[arg(long, value_name = "NAME")]
        user: Option<String>,
    },
    /// Cut a grant: its app is out from its next request on
    Revoke {
        /// The grant's id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum Puzzles {
    /// Load the puzzle file of Lichess, beside a running server if you like; what is there already stays as it is
    Import(commands::puzzles::Wanted),
}

#[derive(Debug, Subcommand)]
enum Auth {
    /// Tell everything known about one sign-in
    Trace {
        /// The reference shown on its pages
        #[arg(value_name = "REF")]
        reference: String,
    },
}

#[derive(Debug, Subcommand)]
enum Keys {
    /// List the signing keys, newest first, and what happens to them when
    List,
    /// Publish the next signing key; the server signs with it a day later
    Rotate {
        /// Sign with a new key at once and drop every other one: all access tokens are void at their next use
        #[arg(long)]
        now: bool,
    },
    /// Give the database a new master key, with the server stopped
    RotateMaster,
}

impl Cli {
    /// The settings, made real, and what is wrong with them; that is told here, except to the one command
    /// that looks for it.
    pub fn config(&self) -> Result<(Config, Vec<Fault>), Vec<Fault>> {
        let (config, faults) = Config::read(
            self.options.clone(),
            &SecretOptions::from_env(),
            &ProviderVariables::from_env(),
        );
        let looks_for_faults = matches!(self.command, Some(Command::Doctor { .. }));
        if faults.is_empty() || looks_for_faults {
            Ok((config, faults))
        } else {
            Err(faults)
        }
    }

    /// Runs the command.
    pub async fn run(self, config: Config, faults: Vec<Fault>) -> anyhow::Result<()> {
        match self.command.unwrap_or(Command::Serve) {
            Command::Serve => commands::serve::run(config).await,
            Command::Doctor { json } => commands::doctor::run(&config, &faults, json).await,
            Command::CheckConfig => {
                commands::say(&config.describe());
                Ok(())
            }
            Command::Users(users) => {
                let accounts = commands::users::open(&config)?;
                match users {
                    Users::Add(who) => commands::users::add(&accounts, &who.name, who.password_stdin).await,
                    Users::List => commands::users::list(&accounts).await,
                    Users::Passwd(who) => {
                        commands::users::passwd(&accounts, &who.name, who.password_stdin).await
                    }
                    Users::Disable { name } => commands::users::disable(&accounts, &name).await,
                    Users::Enable { name } => commands::users::enable(&accounts, &name).await,
                    Users::Remove { name, yes: _ } => commands::users::remove(&accounts, &name).await,
                }
            }
            Command::Clients(clients) => {
                let registry = commands::clients::open(&config)?;
                match clients {
                    Clients::List => commands::clients::list(&registry).await,
                    Clients::Add {
                        name,
                        redirect_uris,
                        confidential,
                    } => commands::clients::add(&registry, &name, &redirect_uris, confidential).await,
                    Clients::Remove { id } => commands::clients::remove(&registry, &id).await,
                }
            }
            Command::Grants(Grants::List { user }) => commands::grants::list(&config, user.as_deref()).await,
            Command::Grants(Grants::Revoke { id }) => commands::grants::revoke(&config, &id).await,
            Command::Auth(Auth::Trace { reference }) => commands::trace::run(&config, &reference).await,
            Command::Keys(keys) => match keys {
                Keys::List => commands::keys::list(&config).await,
                Keys::Rotate { now } => commands::keys::rotate(&config, now).await,
                Keys::RotateMaster => commands::keys::rotate_master(&config).await,
            },
            Command::Puzzles(Puzzles::Import(wanted)) => commands::puzzles::import(&config, &wanted).await,
            Command::Token { user, ttl } => commands::token::run(&config, &user, ttl).await,
            Command::Backup { file } => commands::backup::backup(&config, &file).await,
            Command::Restore { file } => commands::backup::restore(&config, &file).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
