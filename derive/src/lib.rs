//! `derive(Json)`: how a specification is read from a JSON value and written to one.
//!
//! serde's derived code is compiled anew for every type with everything that a format may do. This derives
//! names and calls of shared functions (`src/json.rs`), which is a fraction of it in the WebAssembly module.
//! It goes by the same attributes, `#[serde(...)]`, so that the types for TypeScript follow from them, too,
//! and refuses those that it does not know. The type gets serde's traits as well.

mod attributes;

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Data, DataEnum, DeriveInput, Error, Fields, FieldsNamed, Ident, Result};

use attributes::{Container, Field, names};

/// Implements `Json` for a struct with named fields, an enum of names, or one whose variants are told
/// apart by a `type`.
#[proc_macro_derive(Json, attributes(serde))]
pub fn derive_json(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    json(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn json(input: &DeriveInput) -> Result<TokenStream> {
    let container = Container::of(&input.attrs)?;
    let own = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => record(&input.ident, &container, fields)?,
            other => return Err(Error::new(other.span(), "expected named fields")),
        },
        Data::Enum(data) if container.tag.is_some() => tagged(&input.ident, &container, data)?,
        Data::Enum(data) => choice(&input.ident, &container, data)?,
        Data::Union(_) => return Err(Error::new(input.span(), "expected a struct or an enum")),
    };
    let name = &input.ident;
    Ok(quote! {
        const _: () = {
            use crate::json;
            use serde_json::{Map, Result, Value};
            #own
            impl serde::Serialize for #name {
                fn serialize<S: serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> std::result::Result<S::Ok, S::Error> {
                    serde::Serialize::serialize(&json::Json::to_json(self), serializer)
                }
            }
            impl<'de> serde::Deserialize<'de> for #name {
                fn deserialize<D: serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> std::result::Result<Self, D::Error> {
                    json::deserialize(deserializer)
                }
            }
        };
    })
}

/// A struct: an object with a value for each field.
fn record(name: &Ident, container: &Container, fields: &FieldsNamed) -> Result<TokenStream> {
    let fields: Vec<Field> =
        fields.named.iter().map(|field| container.field(field)).collect::<Result<_>>()?;
    let known = fields.iter().map(|field| &field.name);
    let check = container.deny_unknown.then(|| {
        quote! { json::known(fields, tag, &[#(#known),*])?; }
    });
    let read = fields.iter().map(Field::read);
    let write = fields.iter().map(Field::write);
    Ok(quote! {
        impl json::Record for #name {
            #[inline(never)]
            #[allow(unused_variables)]
            fn from_fields(fields: &Map<String, Value>, tag: &'static str) -> Result<Self> {
                #check
                Ok(Self { #(#read,)* })
            }
            #[inline(never)]
            #[allow(unused_mut)]
            fn to_fields(&self) -> Map<String, Value> {
                let mut fields = Map::new();
                #(#write)*
                fields
            }
        }
    })
}

/// An enum without data: a name.
fn choice(name: &Ident, container: &Container, data: &DataEnum) -> Result<TokenStream> {
    let names = names(container, data)?;
    let variants: Vec<&Ident> = data.variants.iter().map(|variant| &variant.ident).collect();
    if let Some(other) =
        data.variants.iter().find(|variant| !matches!(variant.fields, Fields::Unit))
    {
        return Err(Error::new(other.span(), "expected no data, or a `tag` for the enum"));
    }
    let places = 0..variants.len();
    let (last, others) = variants.split_last().ok_or_else(|| empty(name))?;
    let others =
        others.iter().zip(0_usize..).map(|(variant, place)| quote! { #place => Self::#variant });
    Ok(quote! {
        const NAMES: &[&str] = &[#(#names),*];
        impl json::Json for #name {
            fn from_json(value: &Value) -> Result<Self> {
                Ok(match json::choice(value, NAMES)? {
                    #(#others,)*
                    _ => Self::#last,
                })
            }
            fn to_json(&self) -> Value {
                NAMES[match self { #(Self::#variants => #places,)* }].into()
            }
        }
    })
}

/// An enum whose variants are told apart by a `type`: the object of the variant's only field, and the type.
fn tagged(name: &Ident, container: &Container, data: &DataEnum) -> Result<TokenStream> {
    let tag = container.tag.as_deref().unwrap_or_default();
    let names = names(container, data)?;
    let (mut read, mut write) = (Vec::new(), Vec::new());
    for ((variant, name), place) in data.variants.iter().zip(&names).zip(0_usize..) {
        let ident = &variant.ident;
        let (from, to) = match &variant.fields {
            Fields::Unit => (
                quote! { json::known(fields, #tag, &[]).map(|()| Self::#ident) },
                quote! { Self::#ident => json::tagged(#tag, #name, Map::new()) },
            ),
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => (
                quote! { json::Record::from_fields(fields, #tag).map(Self::#ident) },
                quote! { Self::#ident(inner) => json::tagged(#tag, #name, json::Record::to_fields(inner)) },
            ),
            other => return Err(Error::new(other.span(), "expected nothing or one struct")),
        };
        let pattern = if place + 1 == names.len() {
            quote! { _ }
        } else {
            quote! { #place }
        };
        read.push(quote! { #pattern => #from });
        write.push(to);
    }
    if names.is_empty() {
        return Err(empty(name));
    }
    Ok(quote! {
        const NAMES: &[&str] = &[#(#names),*];
        impl json::Json for #name {
            fn from_json(value: &Value) -> Result<Self> {
                let (place, fields) = json::variant(value, #tag, NAMES)?;
                match place { #(#read,)* }
            }
            fn to_json(&self) -> Value {
                match self { #(#write,)* }
            }
        }
    })
}

fn empty(name: &Ident) -> Error {
    Error::new(name.span(), "expected a variant")
}
