import AssayModel

/// Turns the events of an HTML parser into a page's text.
///
/// One value serves one page; it is fed from one thread.
struct HTMLExtraction {
    /// What stops the parser.
    enum Limit: String {
        case depth
        case elements
    }

    /// Elements within elements at most; unclosed inline markup on real pages stays far below.
    static let maximumDepth = 1024
    /// Elements at most.
    static let maximumElements = 4_000_000

    /// The text and what was found on the way.
    private(set) var builder = HTMLTextBuilder()
    /// The text of `<title>`.
    private(set) var title = ""
    /// The limit that was passed, nil as long as none was.
    private(set) var exceeded: Limit?
    private let keepsBoilerplate: Bool
    private var open: [Element] = []
    private var elements = 0
    /// Depth of the element whose content is left out.
    private var droppedFrom: Int?
    private var contentDepth = 0

    private struct Element {
        var name: String
        var rule: HTMLElementRule
    }

    /// Creates an extraction; `keepsBoilerplate` for pages on which nothing else is.
    init(keepsBoilerplate: Bool) {
        self.keepsBoilerplate = keepsBoilerplate
    }

    /// Whether attributes of the next element matter.
    var needsAttributes: Bool { droppedFrom == nil }

    /// An element starts.
    mutating func start(_ name: String, _ attributes: HTMLAttributes) {
        guard exceeded == nil else { return }
        elements += 1
        if elements > Self.maximumElements { exceeded = .elements }
        if open.count >= Self.maximumDepth { exceeded = .depth }
        let rule = HTMLElementRule(name)
        open.append(Element(name: name, rule: rule))
        if name == "main" || name == "article" { contentDepth += 1 }
        if droppedFrom != nil { return }
        if isDropped(name, rule, attributes) {
            droppedFrom = open.count
            return
        }
        startLayout(rule, attributes)
    }

    /// An element ends; elements in it that were left open end with it.
    mutating func end(_ name: String) {
        guard exceeded == nil, let index = open.lastIndex(where: { $0.name == name }) else { return }
        while open.count > index, let element = open.popLast() {
            if element.name == "main" || element.name == "article" { contentDepth -= 1 }
            if let depth = droppedFrom {
                if open.count < depth { droppedFrom = nil }
                if open.count + 1 >= depth { continue }
            }
            endLayout(element.rule)
        }
    }

    /// Text that starts on `line`.
    mutating func text(_ bytes: UnsafeBufferPointer<UInt8>, line: Int) {
        guard exceeded == nil, droppedFrom == nil else { return }
        if case .title = open.last?.rule {
            if title.utf8.count < 4096 { unsafe title += String(decoding: bytes, as: UTF8.self) }
            return
        }
        unsafe builder.add(bytes, line: line)
    }

    /// The text of an image: its alternative in brackets.
    private mutating func image(_ attributes: HTMLAttributes) {
        let text = attributes.alternative.trimmed
        guard !text.isEmpty else { return }
        var shown = "[\(text)]"
        shown.withUTF8 { unsafe builder.add($0, line: line) }
    }

    /// Line of the event, set by the parser before each call.
    var line = 1

    private func isDropped(_ name: String, _ rule: HTMLElementRule, _ attributes: HTMLAttributes) -> Bool {
        if name == "html" || name == "body" { return false }
        if attributes.isHidden { return true }
        switch rule {
        case .dropped: return true
        case .boilerplate where !keepsBoilerplate: return true
        default:
            return !keepsBoilerplate && HTMLBoilerplate.covers(name, attributes, isInContent: contentDepth > 0)
        }
    }

    private mutating func startLayout(_ rule: HTMLElementRule, _ attributes: HTMLAttributes) {
        switch rule {
        case .inline, .title, .dropped: break
        case .block, .boilerplate: builder.breakLine(1)
        case .paragraph: builder.breakLine(2)
        case .heading(let level): builder.startHeading(level)
        case .preformatted: builder.startPreformatted()
        case .list: builder.startList()
        case .listItem: builder.startItem()
        case .term: builder.breakLine(2)
        case .definition: builder.startDefinition()
        case .table: builder.startTable()
        case .row: builder.startRow()
        case .cell: builder.startCell()
        case .lineBreak: builder.lineBreak(line: line)
        case .image: image(attributes)
        }
    }

    private mutating func endLayout(_ rule: HTMLElementRule) {
        switch rule {
        case .inline, .title, .dropped, .lineBreak, .image, .cell: break
        case .block, .boilerplate, .listItem, .term, .definition, .row: builder.breakLine(1)
        case .paragraph: builder.breakLine(2)
        case .heading: builder.endHeading()
        case .preformatted: builder.endPreformatted()
        case .list: builder.endList()
        case .table: builder.endTable()
        }
    }
}
