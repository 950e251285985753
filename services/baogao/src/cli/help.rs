//! The help in a language: English as written at the arguments, Chinese from `help.zh.tsv`.

use super::Cli;
use crate::lang::Lang;
use clap::CommandFactory;

/// The command with its help in a language.
pub(super) fn command(lang: Lang) -> clap::Command {
    match lang {
        Lang::En => Cli::command(),
        Lang::Zh => localise(Cli::command(), "baogao", &chinese_help()),
    }
}

/// The Chinese texts by the name of what they describe: `crawl`, `crawl.depth`, `crawl/after`.
type HelpTexts = std::collections::HashMap<&'static str, String>;

/// Reads `help.zh.tsv`: name, text, with `\n` for a line break.
fn chinese_help() -> HelpTexts {
    let rows = include_str!("help.zh.tsv").lines().skip(1);
    rows.filter_map(|row| row.split_once('\t')).map(|(name, text)| (name, text.replace("\\n", "\n"))).collect()
}

/// Puts the texts in place of the English ones, throughout.
fn localise(mut command: clap::Command, path: &str, texts: &HelpTexts) -> clap::Command {
    if let Some(about) = texts.get(path) {
        command = command.about(about.clone()).long_about(None::<&'static str>);
    }
    if let Some(after) = texts.get(format!("{path}/after").as_str()) {
        command = command.after_help(after.clone());
    }
    let args: Vec<_> = command.get_arguments().map(|arg| arg.get_id().clone()).collect();
    for id in args {
        let own = texts.get(format!("{path}.{id}").as_str());
        if let Some(help) = own.or_else(|| texts.get(format!("*.{id}").as_str())) {
            command = command.mut_arg(&id, |arg| arg.help(help.clone()).long_help(None::<&'static str>));
        }
    }
    let names: Vec<_> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let path = format!("{path} {name}");
        command = command.mut_subcommand(name, |sub| localise(sub, &path, texts));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command(Lang::En).debug_assert();
        command(Lang::Zh).debug_assert();
    }

    #[test]
    fn every_command_and_argument_has_a_chinese_help() {
        fn check(command: &clap::Command, path: &str, texts: &HelpTexts, missing: &mut Vec<String>) {
            if !texts.contains_key(path) {
                missing.push(path.to_owned());
            }
            for arg in command.get_arguments() {
                let (own, any) = (format!("{path}.{}", arg.get_id()), format!("*.{}", arg.get_id()));
                if !texts.contains_key(own.as_str()) && !texts.contains_key(any.as_str()) {
                    missing.push(own);
                }
            }
            for sub in command.get_subcommands() {
                check(sub, &format!("{path} {}", sub.get_name()), texts, missing);
            }
        }
        let mut missing = Vec::new();
        check(&Cli::command(), "baogao", &chinese_help(), &mut missing);
        assert!(missing.is_empty(), "without Chinese help: {missing:#?}");
    }

    #[test]
    fn every_command_has_examples_in_both_languages() {
        fn check(command: &clap::Command, path: &str, word: &str, missing: &mut Vec<String>) {
            let has = command.get_after_help().is_some_and(|help| help.to_string().contains(word));
            if !has && !command.has_subcommands() {
                missing.push(path.to_owned());
            }
            for sub in command.get_subcommands() {
                check(sub, &format!("{path} {}", sub.get_name()), word, missing);
            }
        }
        let mut missing = Vec::new();
        for (lang, word) in [(Lang::En, "Example"), (Lang::Zh, "示例")] {
            check(&command(lang), "baogao", word, &mut missing);
        }
        assert!(missing.is_empty(), "without examples: {missing:#?}");
    }
}
