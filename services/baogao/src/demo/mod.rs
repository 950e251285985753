//! The bundled site of `baogao demo`.

pub mod site;
