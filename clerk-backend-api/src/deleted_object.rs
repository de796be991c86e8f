use crate::lenient::model;

/// What is left of something that was deleted.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct DeletedObject {
    /// What kind of thing it was, such as `user`.
    pub object: String,
    /// Unique id it had.
    pub id: Option<String>,
    /// Slug it had.
    pub slug: Option<String>,
    /// Id it had in a system of the application.
    pub external_id: Option<String>,
    /// Whether it is deleted now.
    pub deleted: bool,
}

model! {
    DeletedObject
    lenient {
        "object" => object,
        "id" => id,
        "slug" => slug,
        "external_id" => external_id,
        "deleted" => deleted,
    }
}
