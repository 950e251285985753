//! The two languages the tool speaks.

use std::ffi::OsString;

/// The language of messages and help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl Lang {
    /// The language asked for with `--lang`, else that of the environment's locale, else English.
    ///
    /// The arguments are looked through before they are parsed, since help and errors of the parser
    /// itself must already speak it.
    pub fn detect(args: impl Iterator<Item = OsString>) -> Self {
        let args: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
        let flag = args.iter().enumerate().find_map(|(at, arg)| match arg.strip_prefix("--lang=") {
            Some(value) => Some(value.to_owned()),
            None if arg == "--lang" => args.get(at + 1).cloned(),
            None => None,
        });
        let wish = flag.or_else(|| std::env::var("BAOGAO_LANG").ok());
        match wish.or_else(sys_locale::get_locale) {
            Some(locale) if locale.to_ascii_lowercase().starts_with("zh") => Self::Zh,
            _ => Self::En,
        }
    }

    /// The one of two texts that is in this language.
    pub fn pick<T>(self, en: T, zh: T) -> T {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }
}

/// Formats the one of two texts that is in the language: `say!(lang, "{n} pages", "{n} 页")`.
#[macro_export]
macro_rules! say {
    ($lang:expr, $en:literal, $zh:literal $(, $arg:expr)* $(,)?) => {
        match $lang {
            $crate::lang::Lang::En => format!($en $(, $arg)*),
            $crate::lang::Lang::Zh => format!($zh $(, $arg)*),
        }
    };
}
