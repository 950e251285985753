//! Words to people on standard error. Nobody listening is no reason to stop.

use crate::lang::Lang;
use baogao_model::UrlError;
use baogao_model::tombstone::TargetError;
use baogao_runtime::DataDirError;
use baogao_runtime::config::ConfigError;
use std::fmt::Display;
use std::io::{ErrorKind, Write};

/// Writes one line to standard error; a closed or full one is left alone.
pub fn tell(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Tells of an error with its causes, in the language where there are words for it.
pub fn tell_error(lang: Lang, error: &anyhow::Error) {
    match lang {
        Lang::En => tell(format_args!("error: {error:#}")),
        Lang::Zh => tell(format_args!("错误：{}", in_chinese(error))),
    }
}

/// The error in Chinese: what is commonly met in Chinese words, the rest as it is.
fn in_chinese(error: &anyhow::Error) -> String {
    let parts: Vec<String> = error
        .chain()
        .map(|cause| {
            let known = cause.downcast_ref().map(data_dir).or_else(|| cause.downcast_ref().map(url));
            let known = known.or_else(|| cause.downcast_ref().map(config));
            let known = known.or_else(|| cause.downcast_ref().map(target));
            known.or_else(|| cause.downcast_ref().and_then(io)).unwrap_or_else(|| cause.to_string())
        })
        .collect();
    parts.join("：")
}

fn data_dir(error: &DataDirError) -> String {
    match error {
        DataDirError::Unwritable { path, .. } => format!("无法写入数据目录 {}，请用 --data 另指定", path.display()),
        DataDirError::Locked { path, owner } => {
            format!("数据目录 {} 正被进程 {owner} 占用，请先停止它，或用 --data 另指定目录", path.display())
        }
        DataDirError::Missing { path } => {
            format!("没有数据目录 {}；baogao crawl 会创建它，--data 可另指定", path.display())
        }
    }
}

fn url(error: &UrlError) -> String {
    match error {
        UrlError::Syntax { text, .. } => format!("{text:?} 不是网址，请写全，如 http://www.example.gov.cn/report.html"),
        UrlError::Scheme { url, scheme } => format!("{url} 的协议是 {scheme:?}，只抓取 http 与 https"),
        UrlError::NoHost { url } => format!("{url} 没有主机名"),
        UrlError::TooLong { bytes, start } => format!("网址过长（{bytes} 字节），开头为 {start}"),
    }
}

fn target(error: &TargetError) -> String {
    match error {
        TargetError::Url(error) => url(error),
        TargetError::Site { text } => {
            format!("{text:?} 既不是网址也不是站点，请写成 http://www.example.gov.cn/report.html 或 example.gov.cn")
        }
        TargetError::TooWide { text } => format!("{text:?} 不是一个站点，其下是各家的站点；请写明站点"),
    }
}

fn config(error: &ConfigError) -> String {
    match error {
        ConfigError::Unreadable { path, .. } => format!("无法读取配置文件 {}", path.display()),
        ConfigError::Syntax { path, message } => format!("{} 不是合法的 TOML：{message}", path.display()),
        ConfigError::Mistakes { path, problems } => {
            let list: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
            format!("{} 有 {} 处错误：\n{}", path.display(), problems.len(), list.join("\n"))
        }
    }
}

fn io(error: &std::io::Error) -> Option<String> {
    let words = match error.kind() {
        ErrorKind::NotFound => "没有这个文件或目录",
        ErrorKind::PermissionDenied => "没有权限",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "磁盘已满",
        ErrorKind::IsADirectory => "是目录，不是文件",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => "同名文件已存在，不是目录",
        _ => return None,
    };
    Some(words.to_owned())
}
