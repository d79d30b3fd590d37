import AssayModel
import FoundationEssentials
import Testing

@testable import AssayIngest

private let postgresql = "/usr/share/doc/postgresql-doc-15/html"
private let hasPostgreSQL = FileManager.default.fileExists(atPath: postgresql + "/sql-vacuum.html")

struct HTMLReaderTests {
    private func read(_ html: String) throws -> Document {
        let folder = try CorpusFolder()
        let document = try corpusReader("html").document(folder.write("page.html", html))
        expectLaws(document)
        return document
    }

    @Test(arguments: [
        ("<p>One\n  two\t three</p><p>Four</p>", "One two three\n\nFour"),
        ("<h1>Title</h1>Text<br>next<div>block</div>end", "Title\n\nText\nnext\nblock\nend"),
        ("<p>a<b>b</b> <i>c</i>d</p>", "ab cd"),
        (
            "<p>x</p><ul><li>one<li><p>two</p><ul><li>inner</li></ul><li>three</ul><p>y",
            "x\n\n- one\n- two\n  - inner\n- three\n\ny"
        ),
        (
            "<dl><dt>FULL</dt><dd><p>First.</p><p>Second.</p></dd><dt>TERM<dd>Short</dl>",
            "FULL\nFirst.\n\nSecond.\n\nTERM\nShort"
        ),
        ("<table><tr><th>a<th>b<th>c<tr><td>1<td><td><p>3</p></table>after", "a | b | c\n1 |  | 3\n\nafter"),
        ("<table><tr><th><th>A<tr><td>r<td>1</table>", "| A\nr | 1"),
        ("<table><tr><td><p>f()</p><p>About f</p><td>z<tr><td><p>g()</p></table>", "f()\nAbout f | z\n\ng()"),
        ("<table><tr><td>menu<td><h1>T</h1><p>one</p><p>two</p></table>", "menu\n\nT\n\none\n\ntwo"),
        ("<pre>\n  a  b\n\n\tc &lt;d&gt;\n</pre>x", "  a  b\n\n\tc <d>\n\nx"),
        ("<p>before<pre>   </pre>after", "before\n\nafter"),
        ("<pre><b>    x</b>\n  <i>  y</i></pre>", "    x\n    y"),
        (
            "see <a href=x>the link</a>, <img src=a alt='a  picture'> and <img src=b>it",
            "see the link, [a picture] and it"
        ),
        ("a&nbsp;&nbsp;b&shy;c&#x200B;d&eacute;&amp;", "a bcdé&"),
        ("<p>unclosed <b>bold <p>next</i> &unknown; &#xD800; <", "unclosed bold\n\nnext &unknown; <"),
    ])
    func laysOutText(html: String, text: String) throws {
        let found = try read(html).text
        #expect(found == text)
    }

    @Test(arguments: [
        "<nav>MENU</nav>", "<div class='navheader'>MENU</div>", "<div id=\"sidebar-left\">MENU</div>",
        "<aside>MENU</aside>",
        "<header>MENU</header>", "<footer>MENU</footer>", "<script>MENU</script>", "<style>MENU</style>",
        "<div hidden>MENU</div>", "<p style='display: none'>MENU</p>", "<button>MENU</button>",
        "<select><option>MENU</select>",
        "<ul class='x breadcrumbs'><li>MENU</ul>", "<div role=navigation>MENU</div>", "<textarea>MENU</textarea>",
        "<div class='Cookie-Banner'><div>MENU</div>MENU</div>", "<h2>T<a class='headerlink' href='#t'>MENU</a></h2>",
        "<template>MENU</template>", "<noscript>MENU</noscript>", "<!-- MENU -->",
        "<span aria-hidden='true'>MENU</span>",
    ])
    func leavesOutBoilerplate(html: String) throws {
        let document = try read("<html><body><p>First</p>\(html)<p>Last</p></body></html>")
        #expect(!document.text.contains("MENU"))
        #expect(document.text.hasPrefix("First") && document.text.hasSuffix("Last"))
    }

    @Test(arguments: [
        "<div class='has-sidebar'><p>TEXT</p></div>", "<body class='menu-open'>TEXT</body>",
        "<article><header><h1>TEXT</h1></header></article>", "<code class='menu'>TEXT</code>", "<form>TEXT</form>",
        "<nav><a href=x>TEXT</a></nav>", "<div class='navigation'>TEXT</div>",
    ])
    func keepsContent(html: String) throws {
        #expect(try read(html).text == "TEXT")
    }

    @Test func findsTitleAndHeadings() throws {
        let document = try read(
            "<title> The\n page </title><svg><title>no</title></svg><h1>A <em>b</em><br>c</h1><p>t<h3>D</h3>"
        )
        #expect(document.title == "The page")
        #expect(
            document.headings == [
                Heading(level: 1, title: "A b c", offset: 0), Heading(level: 3, title: "D", offset: 10),
            ]
        )
        #expect(try read("<h2>x</h2><h1>y</h1>").title == "y")
    }

    @Test func readsDeclaredEncodings() throws {
        let folder = try CorpusFolder()
        let latin = Array("<meta charset='windows-1252'><p>".utf8) + [0x80, 0xE9] + Array("</p>".utf8)
        #expect(try corpusReader("html").document(folder.write("a.html", latin)).text == "€é")
        let koi =
            Array("<?xml version='1.0' encoding='koi8-r'?><p>".utf8) + [0xD4, 0xC5, 0xD3, 0xD4] + Array("</p>".utf8)
        #expect(try corpusReader("html").document(folder.write("b.html", koi)).text == "тест")
        let undeclared = Array("<p>ok ".utf8) + [0xE9] + Array("</p>".utf8)
        #expect(
            errorCode { _ = try corpusReader("html").documents(folder.write("c.html", undeclared)) }
                == "corpus.encoding"
        )
        let unknown = Array("<meta charset='../../etc'><p>".utf8) + [0xE9]
        #expect(
            errorCode { _ = try corpusReader("html").documents(folder.write("d.html", unknown)) } == "corpus.encoding"
        )
    }

    /// Each word is its own line number, in markup that moves lines about; past 65535 lines too.
    @Test(arguments: [UInt64(1), 2, 3], ["\n", "\r\n", "\r"])
    func leadsToLines(seed: UInt64, lineEnd: String) throws {
        var random = SeededRandom(seed: seed)
        let open = [
            "", "<p>", "<div>", "<b>x</b>", "<!-- a\n b -->", "<a\n title='q\nr'>", "<li>", "<td>", "<pre>", "</pre>",
            "<h2>", "</h2>",
            "<script>\nvar a;\n</script>", "&amp; ", "<br/>", "é\u{200B}",
        ]
        var lines: [String] = seed == 1 ? Array(repeating: "", count: 66_000) : []
        var line = lines.count + 1
        for _ in 0..<400 {
            let markup = open[random.index(below: open.count)]
            let end = line + markup.split(separator: "\n", omittingEmptySubsequences: false).count - 1
            lines.append(
                markup + " word\(end)" + (random.index(below: 4) == 0 ? String(repeating: " y", count: 700) : "")
            )
            line = end + 1
        }
        let source = lines.joined(separator: "\n").split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: lineEnd)
        let document = try read(source)
        var found = 0
        let bytes = Array(document.text.utf8)
        let mark = Array("word".utf8)
        for offset in bytes.indices where bytes[offset...].starts(with: mark) {
            let number = Int(
                String(decoding: bytes[(offset + 4)...].prefix { (0x30...0x39).contains($0) }, as: UTF8.self)
            )
            #expect(document.sourceMap.run(at: offset)?.line == number, "seed \(seed)")
            found += 1
        }
        #expect(found == 400)
    }

    @Test func staysWithinLimits() throws {
        let folder = try CorpusFolder()
        let reader = try corpusReader("html")
        func code(_ html: String) throws -> String {
            let file = try folder.write("bad.html", html)
            return errorCode { for document in try reader.documents(file) { expectLaws(document) } }
        }
        #expect(try code(String(repeating: "<div>", count: 100_000) + "x") == "corpus.limit")
        #expect(
            try code(String(repeating: "<b>", count: 100_000) + String(repeating: "</i>", count: 100_000))
                == "corpus.limit"
        )
        #expect(try code("<p " + (0..<200_000).map { "a\($0)" }.joined(separator: " ") + ">x") == "corpus.limit")
        #expect(try code("<p title='" + String(repeating: "a", count: 1 << 20) + "'>x") == "")
        #expect(try code("<p class='" + String(repeating: "a b ", count: 1 << 18) + "'>x") == "")
        #expect(try code(String(repeating: "<ul><li>", count: 400) + "x") == "")
        #expect(try code("<p>" + String(repeating: "&#x41;", count: 50_000)) == "")
        #expect(try code("<script>no text") == "corpus.empty")
        #expect(try code("<") == "")
    }

    /// A whole page cut short at any place, and with bytes changed, is read or refused but never crashes.
    @Test func survivesBrokenPages() throws {
        let page = Array(
            """
            <!DOCTYPE html><html><head><meta charset="utf-8"><title>T&eacute;</title></head><body class="c">
            <div class="navheader"><a href="x">n</a></div><h1>Head <code>é</code></h1><p>Text &amp; more<br/>
            <table><tr><td rowspan=2>a</td><td><pre> x
            y </pre></td></tr></table><ul><li>1<li>2<dl><dt>t<dd>d</dl></ul><!-- c --><![CDATA[ z ]]></body></html>
            """.utf8
        )
        let reader = try corpusReader("html")
        let folder = try CorpusFolder()
        for length in 1...page.count {
            let file = try folder.write("cut.html", page[..<length])
            _ = errorCode { for document in try reader.documents(file) { expectLaws(document) } }
        }
        var random = SeededRandom(seed: 7)
        let bytes = Array("<>/&;\"'=!-[]\n\r x\u{C3}".utf8)
        for _ in 0..<300 {
            var changed = page
            for _ in 0..<(1 + random.index(below: 12)) {
                changed[random.index(below: changed.count)] = bytes[random.index(below: bytes.count)]
            }
            let file = try folder.write("changed.html", changed)
            _ = errorCode { for document in try reader.documents(file) { expectLaws(document, "seed 7") } }
        }
    }

    /// libxml2's state is one parser's own, so pages are read at the same time.
    @Test func readsPagesAtOnce() async throws {
        let folder = try CorpusFolder()
        let file = try folder.write(
            "page.html",
            "<h1>T</h1>" + String(repeating: "<p>é &amp; <b>x</b><ul><li>y</ul>", count: 200)
        )
        let reader = try corpusReader("html")
        let expected = try reader.documents(file)
        let found = try await concurrentMap(Array(0..<16), limit: 4) { _ in
            try await offPool { try reader.documents(file) }
        }
        #expect(found.allSatisfy { $0 == expected })
    }

    @Test(.enabled(if: hasPostgreSQL))
    func readsPostgreSQLPage() throws {
        let document = try corpusReader("html").document(SourceFile(path: postgresql + "/sql-vacuum.html", id: "v"))
        #expect(document.title == "VACUUM")
        #expect(
            document.text.hasPrefix("VACUUM\n\nVACUUM — garbage-collect and optionally analyze a database\n\nSynopsis")
        )
        #expect(!document.text.contains("Prev") && !document.text.contains("Home"))
        #expect(
            document.text.contains(
                "\n    PARALLEL integer\n\nand table_and_columns is:\n\n    table_name [ ( column_name"
            )
        )
        #expect(document.text.contains("\nVERBOSE\nPrints a detailed vacuum activity report for each table.\n"))
        #expect(document.headings.map(\.title).contains("Parameters"))
    }

    /// Every fifth page, to keep the suite quick; all 1169 pages of version 15 can be read.
    @Test(.enabled(if: hasPostgreSQL))
    func readsPostgreSQLPages() throws {
        let scanner = CorpusScanner(
            root: postgresql,
            options: .init(include: [try GlobPattern("*.html")]),
            readers: try CorpusReaders.configured()
        )
        let listing = try scanner.scan()
        #expect(listing.files.count > 1000 && listing.leftOut == [])
        for (index, file) in listing.files.enumerated() where index % 5 == 0 {
            try scanner.read(
                file,
                emit: { document in
                    expectLaws(document, "\(file.id)")
                    #expect(!document.title.isEmpty, "\(file.id)")
                    for heading in document.headings {
                        let end = heading.offset + heading.title.utf8.count
                        #expect(document.text.slice(bytes: heading.offset..<end) == heading.title, "\(file.id)")
                    }
                },
                leftOut: { Issue.record("\($0)") }
            )
        }
    }
}
