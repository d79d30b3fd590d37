/// What an HTML element does to the text.
enum HTMLElementRule {
    /// Only its text counts.
    case inline
    /// Starts and ends a line.
    case block
    /// Stands between blank lines.
    case paragraph
    case heading(Int)
    case preformatted
    case list
    case listItem
    case term
    case definition
    case table
    case row
    case cell
    case lineBreak
    case image
    case title
    /// Its content is never text for readers.
    case dropped
    /// Its content is not what the page is about.
    case boilerplate

    /// The rule for an element name in lower case.
    init(_ name: String) {
        switch name {
        case "p", "blockquote", "hr", "dl", "figure", "fieldset", "details": self = .paragraph
        case "html", "body", "div", "section", "article", "main", "center", "address", "form", "figcaption", "summary",
            "caption", "legend", "header", "footer", "hgroup", "menuitem", "title-group", "thead", "tbody", "tfoot":
            self = .block
        case "h1", "h2", "h3", "h4", "h5", "h6": self = .heading(Int(name.dropFirst()) ?? 6)
        case "pre", "listing", "xmp": self = .preformatted
        case "ul", "ol", "menu", "dir": self = .list
        case "li": self = .listItem
        case "dt": self = .term
        case "dd": self = .definition
        case "table": self = .table
        case "tr": self = .row
        case "td", "th": self = .cell
        case "br": self = .lineBreak
        case "img": self = .image
        case "title": self = .title
        case "script", "style", "template", "svg", "iframe", "object", "embed", "canvas", "video", "audio", "map",
            "applet", "frameset":
            self = .dropped
        case "nav", "aside", "noscript", "button", "select", "textarea", "input", "datalist", "dialog", "progress",
            "meter":
            self = .boilerplate
        default: self = .inline
        }
    }
}

/// The attributes of an element that decide whether its content counts.
struct HTMLAttributes {
    var classAndID = ""
    var role = ""
    var alternative = ""
    var isHidden = false

    /// Notes one attribute; names come in lower case from the parser.
    mutating func add(_ name: String, _ value: @autoclosure () -> String) {
        switch name {
        case "class", "id":
            // Nothing that means anything is longer.
            classAndID += " " + value().prefix(512).lowercased()
        case "role": role = value().prefix(64).lowercased().trimmed
        case "alt": alternative = String(value().prefix(1000))
        case "hidden": isHidden = true
        case "aria-hidden": if value().lowercased() == "true" { isHidden = true }
        case "style":
            let style = value().prefix(2000).lowercased().filter { $0 != " " }
            if style.contains("display:none") || style.contains("visibility:hidden") { isHidden = true }
        default: break
        }
    }
}

/// Tells navigation and the like from content, by role, class and id.
enum HTMLBoilerplate {
    private static let roles: Set<String> = [
        "navigation", "search", "menu", "menubar", "banner", "contentinfo", "complementary", "dialog", "alertdialog",
    ]
    private static let words: Set<String> = [
        "navheader", "navfooter", "nav", "navbar", "navigation", "sidebar", "menu", "breadcrumb", "breadcrumbs",
        "cookie",
        "cookies", "pagination", "pager", "sphinxsidebar", "sphinxsidebarwrapper", "skip-link", "skiplink",
        "site-header",
        "site-footer", "page-footer", "related-links", "share-buttons", "advert", "advertisement",
    ]
    /// Words that lead a longer name, as in `sidebar-left` or `cookie-banner`.
    private static let stems = [
        "sidebar", "navbar", "nav", "navigation", "menu", "breadcrumb", "breadcrumbs", "cookie",
    ]
    private static let containers: Set<String> = [
        "div", "section", "ul", "ol", "table", "form", "p", "header", "footer", "span", "tr", "td", "dl",
    ]

    /// Whether the element's content is left out.
    ///
    /// - Parameters:
    ///   - element: Name in lower case.
    ///   - attributes: Its attributes.
    ///   - isInContent: Whether it stands in `main` or `article`, where headers and footers belong to the content.
    /// - Returns: True for navigation, side matter, page headers and footers, cookie notices.
    static func covers(_ element: String, _ attributes: HTMLAttributes, isInContent: Bool) -> Bool {
        if element == "header" || element == "footer", !isInContent { return true }
        if element == "a" {
            return attributes.classAndID.split(separator: " ").contains { $0 == "headerlink" || $0 == "anchorlink" }
        }
        guard containers.contains(element) else { return false }
        if roles.contains(attributes.role) { return true }
        return attributes.classAndID.split(separator: " ").contains { token in
            words.contains(String(token))
                || stems.contains { stem in
                    guard token.hasPrefix(stem), let mark = token.dropFirst(stem.count).first else { return false }
                    return mark == "-" || mark == "_"
                }
        }
    }
}
