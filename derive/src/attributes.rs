//! The attributes of serde that are known here.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, DataEnum, Error, ExprPath, Ident, LitStr, Result};

/// Those of a type.
#[derive(Default)]
pub struct Container {
    camel_case: bool,
    pub deny_unknown: bool,
    /// Fields that are not given are those of the type's default.
    default: bool,
    /// The name of the field that tells variants apart.
    pub tag: Option<String>,
}

/// A field, and those of it.
pub struct Field {
    ident: Ident,
    /// In JSON.
    pub name: String,
    /// What it is where it is not given, an `Option`; without it, it must be given.
    default: Option<TokenStream>,
    skip_if: Option<ExprPath>,
}

impl Container {
    pub fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut own = Self::default();
        each(attributes, |meta| {
            if meta.path.is_ident("rename_all") {
                let case: LitStr = meta.value()?.parse()?;
                if case.value() != "camelCase" {
                    return Err(Error::new(case.span(), "expected \"camelCase\""));
                }
                own.camel_case = true;
            } else if meta.path.is_ident("deny_unknown_fields") {
                own.deny_unknown = true;
            } else if meta.path.is_ident("default") {
                own.default = true;
            } else if meta.path.is_ident("tag") {
                own.tag = Some(meta.value()?.parse::<LitStr>()?.value());
            } else {
                return Err(meta.error("not provided for; derive serde's traits instead"));
            }
            Ok(())
        })?;
        Ok(own)
    }

    pub fn field(&self, field: &syn::Field) -> Result<Field> {
        let ident =
            field.ident.clone().ok_or_else(|| Error::new_spanned(field, "expected a name"))?;
        let plain = ident.unraw().to_string();
        let mut own = Field {
            name: if self.camel_case { camel(&plain) } else { plain },
            default: self.default.then(|| quote! { <Self as Default>::default().#ident }),
            skip_if: None,
            ident,
        };
        each(&field.attrs, |meta| {
            if meta.path.is_ident("rename") {
                own.name = meta.value()?.parse::<LitStr>()?.value();
            } else if meta.path.is_ident("default") && meta.input.peek(syn::Token![=]) {
                let path: ExprPath = meta.value()?.parse::<LitStr>()?.parse()?;
                own.default = Some(quote! { #path() });
            } else if meta.path.is_ident("default") {
                own.default = Some(quote! { Default::default() });
            } else if meta.path.is_ident("skip_serializing_if") {
                own.skip_if = Some(meta.value()?.parse::<LitStr>()?.parse()?);
            } else {
                return Err(meta.error("not provided for; derive serde's traits instead"));
            }
            Ok(())
        })?;
        Ok(own)
    }
}

impl Field {
    /// Its place in the expression that makes the struct.
    pub fn read(&self) -> TokenStream {
        let Self { ident, name, default, .. } = self;
        let absent = match default {
            Some(default) => quote! { || Some(#default) },
            None => quote! { json::Json::absent },
        };
        quote! { #ident: json::get(fields, #name, #absent)? }
    }

    /// What adds it to `fields`.
    pub fn write(&self) -> TokenStream {
        let Self { ident, name, skip_if, .. } = self;
        let put = quote! { json::put(&mut fields, #name, &self.#ident); };
        match skip_if {
            Some(path) => quote! { if !#path(&self.#ident) { #put } },
            None => put,
        }
    }
}

/// The names of an enum's variants.
pub fn names(container: &Container, data: &DataEnum) -> Result<Vec<String>> {
    let names = data.variants.iter().map(|variant| {
        let plain = variant.ident.to_string();
        let mut name = if container.camel_case { lower_first(&plain) } else { plain };
        each(&variant.attrs, |meta| {
            if !meta.path.is_ident("rename") {
                return Err(meta.error("not provided for; derive serde's traits instead"));
            }
            name = meta.value()?.parse::<LitStr>()?.value();
            Ok(())
        })?;
        Ok(name)
    });
    names.collect()
}

/// Calls `take` for everything in `#[serde(...)]`.
fn each(
    attributes: &[Attribute],
    mut take: impl FnMut(ParseNestedMeta<'_>) -> Result<()>,
) -> Result<()> {
    let mut own = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
    own.try_for_each(|attribute| attribute.parse_nested_meta(&mut take))
}

/// `kernel_size` -> `kernelSize`
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let upper = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &upper.into_iter().chain(letters).collect::<String>()
    })
}

/// `GlorotUniform` -> `glorotUniform`
fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    let lower = letters.next().map(|letter| letter.to_ascii_lowercase());
    lower.into_iter().chain(letters).collect()
}
